"""Writes `review.html` into the folder of a release. A page that cannot be drawn refuses no release.

The figures of a release have passed its gates; a picture of them is no figure. So a part that fails is left out and the
page says so, and if all fails the page says that. What must not happen is a release without a page or with half of one:
a page that cannot be written down (a full disk) ends the run like any other file of the release.

What belongs here: that promise. What does not: what the page shows (`composition.py`, which imports Altair and is
itself imported when a page is written, so that no command waits for it).
"""

from __future__ import annotations

import csv
import html
import traceback
from datetime import date
from pathlib import Path

from orchestration.settings import SEEDS_DIR

REVIEW_FILE = "review.html"
ALL = "page"
"""What is named as undrawn where no part could be drawn at all."""
SMALL_COUNT = "review_small_count"
BARE_PAGE = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{release_id}</title></head>
<body><h1>{release_id}</h1>
<p>评审页未能绘制，发布本身有效；原因见运行日志。</p>
<p lang="en">This page could not be drawn. The release itself stands; the log of the run says why.</p>
</body></html>
"""


def write_page(*, folder: Path, file: Path, release_id: str, as_of_date: date) -> dict[str, str]:
    """Write the page of a release that is being built.

    Args:
        folder: where it is built.
        file: the complete published file.
        release_id: name of the release.
        as_of_date: last day that it knows.

    Returns:
        Why, by name, each part that could not be drawn; `page` where none could.

    Raises:
        OSError: the page cannot be written down.
    """
    try:
        from orchestration.release.review.composition import compose_page

        page, undrawn = compose_page(file=file, small_count=small_count(as_of_date))
    except Exception:
        page, undrawn = BARE_PAGE.format(release_id=html.escape(release_id)), {ALL: traceback.format_exc()}
    (folder / REVIEW_FILE).write_text(page, encoding="utf-8")
    return undrawn


def small_count(as_of_date: date) -> int:
    """Return below how many customers a figure is marked; 0 (nothing is) where the rules have no such row."""
    with (SEEDS_DIR / "model_settings.csv").open(encoding="utf-8", newline="") as rows:
        valid = [
            (row["valid_from"], float(row["value"]))
            for row in csv.DictReader(rows)
            if row["setting"] == SMALL_COUNT and row["valid_from"] <= as_of_date.isoformat()
        ]
    return int(max(valid)[1]) if valid else 0
