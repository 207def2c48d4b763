"""Sessions of wppconnect-server, taken over with their login: its folders, what of them can be taken, and the taking."""
