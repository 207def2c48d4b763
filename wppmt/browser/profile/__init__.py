"""The profile folder, which is the login: locked, copied, mended."""
