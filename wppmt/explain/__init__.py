"""What happened to a session or a message, as a timeline for people that ends with what to do (docs/contract.md 15)."""
