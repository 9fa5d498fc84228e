"""The audio service: a fan's sung take in, the song with the fan in it out, and nothing unmoderated on the way."""
