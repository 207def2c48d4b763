"""The handlers, one file per resource."""
