"""Statistics in Python: pure functions, frame in, frame out; no files, no clock, no environment."""
