"""The durable store: the port, its records, and the adapters behind it."""
