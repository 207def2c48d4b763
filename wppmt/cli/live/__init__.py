"""Commands on the running daemon, over its API: one file a command, each made of what is asked and how it is shown."""
