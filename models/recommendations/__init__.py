"""What to recommend to whom."""
