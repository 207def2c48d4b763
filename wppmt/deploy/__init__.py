"""What a Debian package runs beside the service: standard library alone, under the system's Python."""
