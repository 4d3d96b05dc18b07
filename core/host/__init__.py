"""Putting it together: find plugins, contain them, answer requests, run commands."""
