"""The only actors that block: each waits for a browser, for memory figures or for the file system."""
