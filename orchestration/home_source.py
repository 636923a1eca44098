"""One home, one source: a home never mixes two shops, currencies or calendars.

What belongs here: `source.json`, and the comparison of a run with it. What does not: reading the source.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from orchestration.batch import UnusableInputError
from orchestration.disk import replace_for_good
from orchestration.landing.arrivals import files_below
from orchestration.landing.ledger import read_ledger
from orchestration.landing.profiles import load_profile
from orchestration.settings import EXTRACTS, Settings

SOURCE_FILE = "source.json"
SHOP_FILE = Path("_truth") / "shop.json"
"""What the simulator writes last; without it a shop is not whole."""
NATIVE = "native"


@dataclass(frozen=True, kw_only=True)
class HomeSource:
    """Where a home's rows come from.

    Attributes:
        profile: source profile, or `native`.
        reporting_currency: ISO code of all money.
        reporting_time_zone: IANA zone of all dates.
        is_demo: whether the rows are the made-up shop of `rapport demo`.
    """

    profile: str
    reporting_currency: str
    reporting_time_zone: str
    is_demo: bool = False

    def __str__(self) -> str:
        """Describe the source inside a sentence."""
        origin = "native extracts" if self.profile == NATIVE else f"an export of the profile {self.profile}"
        origin = "the demo's made-up shop" if self.is_demo else origin
        return f"{origin} ({self.reporting_currency}, {self.reporting_time_zone})"


def source_of(settings: Settings) -> HomeSource:
    """Return what a run with these settings would take in.

    Raises:
        SourceProfileError: the profile is unknown or its file is not valid.
    """
    profile = load_profile(settings.profile) if settings.profile else None
    told = profile or settings
    is_own_landing = settings.landing.resolve() == (settings.home / "landing").resolve()
    return HomeSource(
        profile=profile.name if profile else NATIVE,
        reporting_currency=told.reporting_currency,
        reporting_time_zone=told.reporting_time_zone,
        is_demo=profile is None and is_own_landing and is_shop(settings.landing),
    )


def is_shop(landing: Path) -> bool:
    """Whether a folder holds a whole simulated shop and no file beside it."""
    shop = landing / SHOP_FILE
    if not shop.is_file():
        return False
    files = sum(len(files_below(landing / extract)) for extract in EXTRACTS)
    note: dict[str, object] = json.loads(shop.read_text(encoding="utf-8"))
    return note["file_count"] == files


def demand_same_source(*, source: HomeSource, settings: Settings) -> None:
    """Refuse to take another source into a home that already holds rows.

    Raises:
        UnusableInputError: the home holds something else.
    """
    path = settings.home / SOURCE_FILE
    if not path.exists() or not read_ledger(settings.ledger_path):
        return
    held = HomeSource(**json.loads(path.read_text(encoding="utf-8")))
    if held != source:
        raise UnusableInputError(
            f"This home holds {held}, and this run would bring {source}; choose another with --home."
        )


def bind_home(settings: Settings) -> None:
    """Write down what the home holds, before its first row comes in.

    Raises:
        UnusableInputError: the home holds something else.
    """
    source = source_of(settings)
    demand_same_source(source=source, settings=settings)
    text = json.dumps(asdict(source), indent=2) + "\n"
    replace_for_good(settings.home / SOURCE_FILE, text.encode())
