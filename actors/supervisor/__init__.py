"""Who watches everyone: the root supervisor, and the rules by which it lets sessions run."""
