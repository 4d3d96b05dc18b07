"""What the portal costs, as ratios to the least the same page can cost on this stack, in one run."""
