"""What must be identical in every service or the system lies."""
