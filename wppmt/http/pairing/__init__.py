"""The page by which a customer connects a number: who may frame it, its texts, its files (docs/contract.md 14)."""
