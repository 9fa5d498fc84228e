"""The gateway's REST face: what a web site speaks to."""
