"""The daemon around the actors: settings, logs, host, wiring, start and stop."""
