"""The page that people open when a release is out: `review.html`, one file, no network, no script.

What belongs here: the page (`page.py`, `page.html`, `page.css`), one file per thing that is shown (`sections/`), its
words (`labels.py`), how charts become pictures (`pictures.py`). What does not: any figure that is not in the published
file. The page reads nothing else, so nothing personal can get into it.
"""
