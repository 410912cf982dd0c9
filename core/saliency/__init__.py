"""Where in the picture the network looked."""
