"""The same work by others, and the physical limit."""
