"""The browser stage: pages that draw, and the host that opens Chrome, speaks to them and takes frames out."""
