"""Puts the page together: the head, then every section in its order, each drawn or named as not drawn."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from orchestration.release.review.head import compose_head
from orchestration.release.review.labels import STATUSES, Label
from orchestration.release.review.pictures import Drawn, Picture, render
from orchestration.release.review.section import Compose, Published, Section
from orchestration.release.review.sections import (
    before_after,
    churn,
    cohorts,
    customer_value,
    effects,
    festivals,
    scorecard,
    tiers,
)

FOLDER = Path(__file__).resolve().parent
SECTIONS: Mapping[str, tuple[Label, Compose]] = {
    "scorecard": (scorecard.TITLE, scorecard.compose),
    "tiers": (tiers.TITLE, tiers.compose),
    "cohorts": (cohorts.TITLE, cohorts.compose),
    "before_after": (before_after.TITLE, before_after.compose),
    "customer_value": (customer_value.TITLE, customer_value.compose),
    "churn": (churn.TITLE, churn.compose),
    "festivals": (festivals.TITLE, festivals.compose),
    "effects": (effects.TITLE, effects.compose),
}
NOT_DRAWN = Label(
    "此部分未能绘制；原因见运行日志，表中数字不受影响。",
    "This part could not be drawn; the log of the run says why. The figures in the tables stand.",
)


@dataclass(frozen=True)
class DrawnSection:
    """A section with its charts drawn, each beside the drawings of it."""

    name: str
    section: Section
    pictures: list[tuple[Picture, list[Drawn]]]


def compose_page(*, file: Path, small_count: int) -> tuple[str, dict[str, str]]:
    """Compose the page from the published file.

    Args:
        file: `marts.duckdb`, complete and closed.
        small_count: below so many customers a figure is marked.

    Returns:
        The page, and why, by name, each section that could not be drawn.

    Raises:
        duckdb.Error: the file says nothing of the release itself.
    """
    with duckdb.connect(str(file), read_only=True) as connection:
        currency = connection.execute("select reporting_currency from governance.release").fetchall()[0][0]
        published = Published(connection=connection, currency=currency, small_count=small_count)
        head = compose_head(published)
        sections: list[DrawnSection] = []
        undrawn: dict[str, str] = {}
        for name, (title, compose) in SECTIONS.items():
            try:
                sections.append(_draw(name, compose, published))
            except Exception:
                sections.append(DrawnSection(name, Section(title=title, missing=(NOT_DRAWN,)), []))
                undrawn[name] = traceback.format_exc()
    page = _page().render(
        head=head, sections=sections, statuses=STATUSES, small_count=small_count, style=_style()
    )
    return page, undrawn


def _draw(name: str, compose: Compose, published: Published) -> DrawnSection:
    section = compose(published)
    drawn = [
        (picture, render(picture, name=f"{name}{number}")) for number, picture in enumerate(section.pictures)
    ]
    return DrawnSection(name, section, drawn)


def _page() -> Template:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


def _style() -> Markup:
    return Markup((FOLDER / "page.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
