"""Being a process in this mesh: serving, calling, storing, failing and telling the time. Knows nothing of sound, pixels or faces."""
