"""Which accounts are one person: likeness of two accounts, who hangs together, who is kept apart."""
