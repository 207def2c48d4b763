"""What is held about one person, given out or erased (docs/lgpd.md)."""
