"""Who does it: the actors, each in its own thread, and what carries their messages."""
