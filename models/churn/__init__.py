"""Who will not order in the next 90 days."""
