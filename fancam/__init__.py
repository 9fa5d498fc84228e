"""Being a process in this mesh: serving, calling, storing, failing, telling the time.

Knows nothing of sound, pixels or faces.
"""
