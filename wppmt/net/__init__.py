"""What goes out over the network, and to which addresses it may go."""
