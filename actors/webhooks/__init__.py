"""The webhook actor: takes the outbox to its endpoints."""
