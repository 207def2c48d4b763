"""Units that settings and messages count in."""

MEGABYTE = 1_000_000
"""In bytes: as disks and media are counted."""
