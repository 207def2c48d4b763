"""The store in SQLite, which is the truth."""
