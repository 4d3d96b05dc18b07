"""Modules without Python: a plugin.yaml with `records` becomes the same parts that code would hand over."""
