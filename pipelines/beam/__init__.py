"""Beam: thin transforms over the pure steps, and the one graph that every engine runs."""
