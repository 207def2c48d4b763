"""One tenant's session: the messages it gets, what it decides, what it commits."""
