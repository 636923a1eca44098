"""Charts as pictures inside the page: drawn here and now as SVG, for wide screens and for phones.

The only place that knows vl-convert, and how the charts look. No script draws anything at the reader's: the page is
the same in a browser, in a mail and on paper, and a content security policy can forbid scripts altogether. Text stays
text and is set in the reader's own fonts, so the machine that builds needs no Chinese ones.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import vl_convert
from markupsafe import Markup

from orchestration.release.review.labels import Label

INK, MUTED, LINE, PAPER = "#1f2a37", "#5b6675", "#d9dee5", "#ffffff"
BLUE, ORANGE, GREY = "#2563a8", "#c2570c", "#8b95a3"
FONT = "sans-serif"
"""What text is measured with; the page sets it in its own. Measuring by the page's list of fonts takes five times as
long, because most of them are not there."""
THEME = {
    "background": None,
    "font": FONT,
    "padding": 4,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": 12,
        "titleColor": MUTED,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
        "labelLimit": 200,
        "titlePadding": 8,
    },
    "line": {"strokeJoin": "round"},
    "legend": {
        "orient": "top",
        "labelColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titleColor": MUTED,
        "labelLimit": 240,
    },
    "text": {"fontSize": 12, "color": INK},
    # What a mark says to screen readers, and to a mouse that rests on it, is what its `description` says.
    "mark": {"aria": False},
}

TOLD_MARK = re.compile(r'<(path|text)\b([^>]*?) aria-label="([^"]*)"([^>]*?)(?:/>|></\1>)')
NAMES_AND_REFERENCES = re.compile(r'(\bid="|url\(#|href="#)([\w-]+)')


WIDE, NARROW, HALF = 900, 350, 400
"""Widths in pixels, labels included; the page scales a picture to its place. Two halves stand side by side on a wide
screen, one below the other on a phone: the same drawing for both."""

Chart = alt.LayerChart


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One chart.

    Attributes:
        title: above it.
        description: what a reader who cannot see it is told.
        draw: draws it, for half of a wide screen; or for the whole of it, where there is another for phones.
        draw_narrow: draws it for a phone.
        room: about how much of the width the labels beside it need, pixels.
    """

    title: Label
    description: Label
    draw: Callable[[], Chart]
    draw_narrow: Callable[[], Chart] | None = None
    room: int = 100


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A chart as the page holds it: SVG and its class in the page's style."""

    style: str
    svg: Markup


def render(picture: Picture, *, name: str) -> list[Drawn]:
    """Draw a chart for the screens that it is meant for.

    Args:
        picture: what to draw.
        name: unique in the page; names inside the SVG begin with it.

    Returns:
        One drawing, or a wide and a narrow one.
    """
    drawings = {"both": (picture.draw, HALF)}
    if picture.draw_narrow:
        drawings = {"wide": (picture.draw, WIDE), "narrow": (picture.draw_narrow, NARROW)}
    return [
        Drawn(style=style, svg=_svg(draw(), picture=picture, width=width, name=f"{name}-{style}-"))
        for style, (draw, width) in drawings.items()
    ]


def plot(values: Sequence[Mapping[str, object]]) -> alt.Chart:
    """Begin a layer that has rows of its own."""
    return alt.Chart(alt.Data(values=list(values)))  # type: ignore[no-untyped-call]


def layered(*layers: alt.Chart, values: Sequence[Mapping[str, object]], height: int) -> alt.LayerChart:
    """Lay charts over each other, the first one lowest.

    Args:
        layers: charts; one without data of its own draws `values`.
        values: rows; types of columns are named where they are drawn.
        height: of what lies between the axes, pixels.
    """
    data = alt.Data(values=list(values))  # type: ignore[no-untyped-call]
    return alt.LayerChart(data=data, layer=list(layers), height=height)


def told(texts: Iterable[object]) -> str:
    """Join what a mark says when a mouse rests on it."""
    return " · ".join(str(text) for text in texts if text not in (None, ""))


def _svg(chart: Chart, *, picture: Picture, width: int, name: str) -> Markup:
    # Not checked against the language: what a test has drawn is valid. Not fitted: that lays everything out twice.
    spec = chart.properties(width=width - picture.room).to_dict(validate=False)
    spec["config"] = THEME
    # No base address is allowed: whatever a chart names, drawing it opens no connection.
    svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    svg = TOLD_MARK.sub(r"<\1\2\4><title>\3</title></\1>", svg)
    svg = _renamed(svg, name=name)
    words = html.escape(str(picture.description), quote=True)
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{words}" ', 1))  # noqa: S704 - drawn here


def _renamed(svg: str, *, name: str) -> str:
    """Number the names inside an SVG from 0: Vega counts on from picture to picture, whatever it drew before."""
    numbers: dict[str, int] = {}

    def rename(found: re.Match[str]) -> str:
        return f"{found[1]}{name}{numbers.setdefault(found[2], len(numbers))}"

    return NAMES_AND_REFERENCES.sub(rename, svg)
