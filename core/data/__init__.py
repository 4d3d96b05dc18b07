"""What is stored, and the one door to it."""
