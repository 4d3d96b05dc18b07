"""The host of Parlour: rooms of one house, floor by floor; see docs/architecture.md."""
