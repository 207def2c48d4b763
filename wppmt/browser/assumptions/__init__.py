"""What the gateway assumes about WhatsApp's page and server: one table, from which docs/assumptions.md is made."""
