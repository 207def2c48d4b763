"""How actors run: the cell around a mind, their addresses, what a mind may ask for, and who performs it."""
