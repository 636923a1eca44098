"""The page of a release in a real browser: it asks for nothing, complains of nothing, and is read on any screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.release.review.page import REVIEW_FILE, write_page
from tests.chromium import Browser, running_chromium

TABLES = Path(__file__).with_name("published_shop.sql")
SCREENS = {"wide": 1280, "tablet": 768, "phone": 390}
LEAST_MARKS, LEAST_TELLING = 4, 2
"""Marks of any picture of this shop, and those of them that say their figures."""
LEAST_FONT_PIXELS = 9.0
"""Effective size of the smallest text in a picture; below it nobody reads on a phone."""
OVERHANG_PIXELS = 8
"""How far text may leave its picture: the reader's fonts are not those that were measured."""

PICTURES = """
[...document.querySelectorAll('figure svg')].filter(svg => svg.getClientRects().length).map(svg => {
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const texts = [...svg.querySelectorAll('text')].filter(text => text.textContent.trim());
    const marks = [...svg.querySelectorAll('.role-mark path, .role-mark line, .role-mark text')]
        .filter(mark => { const at = mark.getBoundingClientRect(); return at.width + at.height > 0; });
    const telling = [...svg.querySelectorAll('.role-mark title')].map(title => title.parentNode);
    const unseen = telling.filter(mark => {
        const at = mark.getBoundingClientRect(), style = getComputedStyle(mark);
        return at.width * at.height * style.opacity * style.fillOpacity == 0 || style.fill == 'none';
    });
    return {
        section: svg.closest('section').id, width: box.width, height: box.height, marks: marks.length,
        telling: telling.length, unseen: unseen.length,
        said: svg.getAttribute('aria-label'),
        font: Math.min(...texts.map(text => parseFloat(getComputedStyle(text).fontSize) * scale)),
        overhang: Math.max(...texts.map(text => {
            const at = text.getBoundingClientRect();
            return Math.max(box.left - at.left, at.right - box.right, box.top - at.top, at.bottom - box.bottom);
        })),
    };
})
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release 家")
    with duckdb.connect(str(folder / "marts.duckdb")) as connection:
        connection.execute(TABLES.read_text(encoding="utf-8"))
    undrawn = write_page(
        folder=folder, file=folder / "marts.duckdb", release_id="r", as_of_date=date(2026, 6, 30)
    )
    assert undrawn == {}
    return folder / REVIEW_FILE


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running_chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.mark.parametrize("screen", SCREENS)
def test_the_page_is_quiet_whole_and_readable(browser: Browser, page: Path, screen: str) -> None:
    visit = browser.visit(page.as_uri(), width=SCREENS[screen])
    assert visit.findings() == []
    assert visit.evaluate("document.fonts.check('12px sans-serif', '铂金') && document.title").startswith(
        "发布评审"
    )
    pictures: list[dict[str, Any]] = visit.evaluate(PICTURES)
    assert [picture["section"] for picture in pictures] == [
        *("tiers", "tiers", "cohorts", "before_after", "before_after"),
        *("customer_value", "customer_value", "churn", "churn", "festivals", "festivals"),
        *("effects", "effects"),
    ]
    for picture in pictures:
        assert picture["marks"] >= LEAST_MARKS, picture
        assert picture["telling"] >= LEAST_TELLING, picture
        assert picture["unseen"] == 0, picture
        assert min(picture["width"], picture["height"]) > 100, picture
        assert picture["font"] >= LEAST_FONT_PIXELS, picture
        assert picture["overhang"] <= OVERHANG_PIXELS, picture
        assert picture["said"], picture


# The instrument itself: each defect that a page can have is seen in a page that has it.
@pytest.mark.parametrize(
    ("defect", "seen"),
    [
        ('<img src="http://127.0.0.1:9/x.png">', "asked for http://127.0.0.1:9/x.png"),
        ("<script>fetch('http://127.0.0.1:9/data')</script>", "asked for http://127.0.0.1:9/data"),
        ("<script>throw new Error('planted')</script>", "Uncaught"),
        ("<script>console.error('planted')</script>", "planted"),
        ('<div style="width: 2000px; height: 5px"></div>', "2000 pixels wide on a screen of 1280"),
    ],
)
def test_what_is_wrong_with_a_page_is_seen(browser: Browser, tmp_path: Path, defect: str, seen: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(f"<!doctype html><body style='margin: 0'>{defect}", encoding="utf-8")
    found = browser.visit(file.as_uri(), width=1280).findings()
    assert [text for text in found if seen in text], found


# What a table says is escaped. Should that fail one day, the page forbids the browser to ask for anything.
def test_the_page_forbids_what_is_planted_in_it(browser: Browser, page: Path, tmp_path: Path) -> None:
    planted = '<img src="http://127.0.0.1:9/x.png"><script>document.title = "planted"</script>'
    file = tmp_path / "page.html"
    file.write_text(page.read_text(encoding="utf-8").replace("<main>", f"<main>{planted}"), encoding="utf-8")
    visit = browser.visit(file.as_uri(), width=1280)
    assert visit.evaluate("document.title") != "planted"
    assert len([text for text in visit.complaints if "Content Security Policy" in text]) == 2
    assert visit.requests[0] == file.as_uri()
    assert visit.refused == dict.fromkeys(visit.requests[1:], "csp")


def test_a_picture_without_marks_is_seen(browser: Browser, page: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(page.read_text(encoding="utf-8").replace("role-mark", "gone"), encoding="utf-8")
    pictures = browser.visit(file.as_uri(), width=1280).evaluate(PICTURES)
    assert {picture["marks"] for picture in pictures} == {0}
