"""An in-memory browser that keeps the port's contract, for fast tests."""
