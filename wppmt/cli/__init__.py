"""The command line: one file per command, or group of commands; `wppmt/__main__.py` joins them."""
