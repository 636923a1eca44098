"""What each release said is kept once it stands: what differs, and nothing of a release that never stood."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest

from orchestration.release import history
from orchestration.warehouse import open_warehouse

if TYPE_CHECKING:
    from orchestration.release.registry import Release
    from orchestration.settings import Settings


def told(settings: Settings, kind: str) -> list[tuple[int, int]]:
    """What counts so far, release after release: how many keys it told, and how many it told no more."""
    with open_warehouse(settings) as connection:
        history.create_views(connection, settings)
        return connection.execute(
            f"""
            select count(told.is_gone), count(*) filter (where told.is_gone)
            from history.releases left join history.{kind} as told using (release_id)
            group by release_id order by release_id
            """
        ).fetchall()


def pending(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.history_dir.glob(f"*/*{history.PENDING}"))


@pytest.mark.parametrize("kind", ["customers", "accounts"])
def test_a_release_tells_what_differs_from_all_before(
    settings: Settings, publish_batch: Callable[..., Release], kind: str
) -> None:
    for number, orders in enumerate((900, 900, 500, 700)):
        publish_batch(number=number, orders=orders)
    assert told(settings, kind) == [(900, 0), (0, 0), (400, 400), (200, 0)]


def test_a_changed_state_is_told_and_nothing_else(
    settings: Settings, publish_batch: Callable[..., Release]
) -> None:
    publish_batch(number=0)
    with open_warehouse(settings) as connection:
        connection.execute("update marts.customer_history set rfm_tier = null where customer_id = 'c7'")
        history.write_pending(connection, settings=settings, release_id="next", as_of_date=date(2026, 7, 1))
        (path,) = settings.history_dir.glob(f"customers/*{history.PENDING}")
        found = connection.execute(
            "select customer_id, rfm_tier, as_of_date from read_parquet(?)", [str(path)]
        )
        assert found.fetchall() == [("c7", None, date(2026, 7, 1))]


def test_what_was_written_for_a_release_that_never_stood_goes(
    settings: Settings, publish_batch: Callable[..., Release]
) -> None:
    publish_batch(number=0)
    before = history.kept_files(settings)
    with open_warehouse(settings) as connection:
        history.write_pending(connection, settings=settings, release_id="fell", as_of_date=date(2026, 7, 1))
    assert len(pending(settings)) == len(history.KINDS)
    assert history.kept_files(settings) == before
    history.settle(settings)
    assert pending(settings) == []
    assert history.kept_files(settings) == before


def test_what_stands_counts_also_where_the_machine_died_before_it_was_noted(
    settings: Settings, publish_batch: Callable[..., Release]
) -> None:
    publish_batch(number=0)
    kept = history.kept_files(settings)
    for path in kept:
        whole = settings.home / path
        whole.rename(whole.with_name(whole.name + history.PENDING))
    assert history.kept_files(settings) == []
    history.settle(settings)
    assert history.kept_files(settings) == kept


def test_a_release_of_an_earlier_day_adds_nothing(
    settings: Settings, publish_batch: Callable[..., Release]
) -> None:
    publish_batch(number=0)
    with open_warehouse(settings) as connection:
        history.write_pending(connection, settings=settings, release_id="past", as_of_date=date(2026, 6, 29))
    assert pending(settings) == []
