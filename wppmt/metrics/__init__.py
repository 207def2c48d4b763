"""Counting what happens, and telling it: figures for the gateway itself, metrics for Prometheus."""
