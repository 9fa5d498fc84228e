"""Encoded media: the stream profile, the encoder, and what a file really holds. Knows no service, page or shot."""
