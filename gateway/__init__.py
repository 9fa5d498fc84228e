"""The only public door: sessions over REST, and the durable graph of steps from a fan's inputs to their film."""
