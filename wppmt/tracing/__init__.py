"""One tree of spans for each send, told to a collector. Imported only where one is named (WPP_TRACES_ENDPOINT)."""
