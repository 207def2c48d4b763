"""The root supervisor and its rules: how many sessions run, when browsers start, when an actor is replaced."""
