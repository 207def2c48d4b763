"""How actors run: the shell around a mind, their addresses, what a mind may ask for, and who performs it."""
