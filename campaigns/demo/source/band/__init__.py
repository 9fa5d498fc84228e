"""The musicians of the demo song: each module plays one stem from `score.py`, with sounds it makes itself."""
