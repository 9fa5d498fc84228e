"""One module per network: what goes in, what comes out, and in which units."""
