"""Stage release: one file that BI tools open, complete or absent, swapped in atomically.

What belongs here: which tables are published (`dictionary.py`), how their file is written (`publisher.py`)
and described (`manifest.py`, `content_hash.py`), the page that shows it (`review/`), and the releases on disk (`registry.py`).
What does not: whether a batch may be released (`expectations/verdict.py`).
"""
