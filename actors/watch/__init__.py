"""Watches the service for whoever runs it: alerts, and the sessions' history."""
