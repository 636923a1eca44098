"""The parts of the page in their order, one file each: a query on the published file, and what is drawn of it."""
