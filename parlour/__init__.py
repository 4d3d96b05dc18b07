"""The face of Parlour: everything a plugin may import."""
