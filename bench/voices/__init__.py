"""What the bench of the voice is made with: an ear of its own, and other correctors."""
