"""How actors run: the cell around a mind, the addresses, the effects that a mind returns, and what performs them."""
