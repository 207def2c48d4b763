"""One tenant's session: what it is told, what it decides, what it commits."""
