"""What the operator and the admins have decided: read, checked, explained, changed, undone."""
