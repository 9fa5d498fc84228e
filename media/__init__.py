"""Encoded media: the stream profile, the encoder, and what a file really holds. Knows no service, no page and no shot."""
