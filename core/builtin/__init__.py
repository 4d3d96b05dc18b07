"""The host's own features, written as plugins against the same face."""
