"""Reads Lottie files (what the bodymovin plug-in writes) as shots, and names everything that does not come along."""
