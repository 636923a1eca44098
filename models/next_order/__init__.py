"""When customers order next, and what is due to be bought again."""
