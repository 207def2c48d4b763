"""The thin aiohttp front: checks who asks and what, asks an actor, answers in the form of docs/contract.md 6."""
