"""Server-sent events from the durable log (docs/contract.md 17)."""
