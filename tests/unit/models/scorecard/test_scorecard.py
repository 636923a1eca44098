"""Scorecard: every target shows up, and nothing measured is never zero."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from models.model_cards import CARD_SCHEMA, Findings, build_card
from models.retention.retention import RETENTION_SCHEMA
from models.scorecard.scorecard import MEASURE_SCHEMA, build_scorecard, measurement_periods

AS_OF = date(2024, 2, 29)


def targets(*rows: tuple[str, str, str | None, float | None, int | None]) -> pl.DataFrame:
    names = ["kpi", "segment", "direction", "target", "period_months"]
    types = {"direction": pl.String, "target": pl.Float64, "period_months": pl.Int32}
    frame = pl.DataFrame(rows, schema=names, orient="row", schema_overrides=types)
    return frame.with_columns(unit=pl.lit("share"))


def measures(*rows: tuple[str, str, float, float]) -> pl.DataFrame:
    filled = [(*row, None, None) for row in rows]
    return pl.DataFrame(filled, schema=MEASURE_SCHEMA, orient="row")


def medians(*rows: tuple[str, str, float | None, int]) -> pl.DataFrame:
    filled = [(kpi, segment, None, None, value, n) for kpi, segment, value, n in rows]
    return pl.DataFrame(filled, schema=MEASURE_SCHEMA, orient="row")


NO_RETENTION = pl.DataFrame(schema=RETENTION_SCHEMA)
NO_CARDS = pl.DataFrame(schema=CARD_SCHEMA)


def cards_of(
    asked: pl.DataFrame, measured=None, previous=None, retention=NO_RETENTION, model_cards=NO_CARDS
) -> pl.DataFrame:
    return build_scorecard(
        targets=asked,
        measures=measures() if measured is None else measured,
        previous_measures=measures() if previous is None else previous,
        retention=retention,
        model_cards=model_cards,
        as_of=AS_OF,
    )


def card(asked: pl.DataFrame, measured=None, previous=None, retention=NO_RETENTION) -> dict[str, object]:
    """The card of the first KPI that is asked for."""
    cards = cards_of(asked, measured, previous, retention)
    (row,) = cards.filter(pl.col("kpi") == asked["kpi"][0]).to_dicts()
    return row


@pytest.mark.parametrize(
    ("direction", "numerator", "status"),
    [
        ("at_least", 5, "met"),
        ("at_least", 4, "missed"),
        ("at_most", 5, "met"),
        ("at_most", 6, "missed"),
        ("above", 6, "met"),
        ("above", 5, "missed"),
        ("below", 4, "met"),
        ("below", 5, "missed"),
    ],
)
def test_a_target_is_met_from_the_very_value_on_unless_it_is_strict(direction, numerator, status):
    row = card(targets(("k", "all", direction, 0.5, 12)), measures(("k", "all", numerator, 10)))
    assert (row["status"], row["value"], row["n"]) == (status, numerator / 10, 10)


def test_what_is_not_measured_is_not_zero():
    for measured in (measures(), measures(("k", "all", 0, 0)), measures(("k", "other", 1, 2))):
        row = card(targets(("k", "all", "at_most", 0.5, 12)), measured)
        assert (row["status"], row["value"], row["numerator"], row["n"]) == ("not measurable", None, None, 0)
        assert row["target"] == 0.5


def test_the_period_ends_on_the_as_of_date_and_leaves_out_the_day_a_year_ago():
    row = card(targets(("k", "all", "at_least", 0.5, 12)))
    assert (row["period_start"], row["period_end"]) == (date(2023, 3, 1), AS_OF)


def test_a_stock_is_counted_on_the_as_of_date():
    row = card(targets(("k", "all", "at_least", 0.5, None)))
    assert (row["period_start"], row["period_end"]) == (AS_OF, AS_OF)


def test_the_period_before_touches_the_period():
    asked = targets(("k", "all", "above_previous", None, 12))
    (row,) = measurement_periods(targets=asked, as_of=AS_OF).to_dicts()
    assert (row["previous_start"], row["previous_end"]) == (date(2022, 3, 1), date(2023, 2, 28))


def test_the_period_before_is_asked_for_only_where_something_compares_with_it():
    asked = targets(
        ("fixed", "all", "at_least", 1, 12), ("stock", "all", "above_previous", None, None), ("told", "all", None, None, 12),
        ("half", "a", "at_least", 1, 12), ("half", "b", "below_previous", None, 12), ("nps", "all", "at_least", 1, 12),
    )  # fmt: skip
    periods = measurement_periods(targets=asked, as_of=AS_OF).drop_nulls("previous_start")
    assert periods["kpi"].to_list() == ["half", "nps"]  # nps_gain compares nps


@pytest.mark.parametrize(
    ("direction", "now", "status"),
    [
        ("above_previous", 11, "met"),
        ("above_previous", 10, "missed"),
        ("above_previous", 9, "missed"),
        ("below_previous", 11, "missed"),
        ("below_previous", 10, "missed"),
        ("below_previous", 9, "met"),
    ],
)
def test_a_trend_compares_with_the_period_before(direction, now, status):
    asked = targets(("k", "all", direction, None, 12))
    row = card(asked, measures(("k", "all", now, 2)), measures(("k", "all", 50, 10)))
    assert (row["status"], row["target"]) == (status, 5.0)


def test_without_a_period_before_the_value_stands_and_the_target_is_not_measurable():
    row = card(targets(("k", "all", "above_previous", None, 12)), measures(("k", "all", 3, 2)))
    assert (row["status"], row["value"], row["target"]) == ("not measurable", 1.5, None)


# Measured; not counted; compared with nothing; asked for itself.
@pytest.mark.parametrize(
    ("direction", "target", "measured", "words"),
    [
        ("at_least", 0.5, measures(("k", "all", 1, 10)), None),
        ("at_least", 0.5, measures(), "Nothing could be counted"),
        ("above_previous", None, measures(("k", "all", 1, 10)), "no figure of the period before"),
        ("above_previous", None, measures(), "Nothing could be counted"),
        (None, None, measures(("k", "all", 1, 10)), "No target is set"),
    ],
)
def test_whatever_is_not_measurable_has_a_reason(direction, target, measured, words):
    row = card(targets(("k", "all", direction, target, 12)), measured)
    assert (row["status"] == "not measurable") == (words is not None)
    assert row["reason"] is None if words is None else words in row["reason"]


@pytest.mark.parametrize("is_published", [True, False])
def test_a_withheld_prediction_says_why_its_kpi_has_no_value(is_published):
    told = build_card(
        model="churn",
        found=Findings(),
        is_published=is_published,
        reason="Recency alone is as good.",
    )
    asked = targets(("churn_balanced_accuracy", "all", "above", 0.7, None), ("k", "all", "above", 0.7, None))
    cards = cards_of(asked, model_cards=told)
    reasons = dict(cards.select("kpi", "reason").iter_rows())
    assert (reasons["churn_balanced_accuracy"] == "Recency alone is as good.") is not is_published
    assert "Nothing could be counted" in reasons["k"]


def test_overall_retention_is_a_kpi_with_its_own_period():
    retention = pl.DataFrame(
        {
            "metric": ["retention_30", "retention_30_by_month"],
            "period_start": [date(2024, 1, 1), date(2024, 1, 1)],
            "period_end": [AS_OF, date(2024, 1, 31)],
            "segment": ["all", "all"],
            "numerator": [7, 1],
            "denominator": [10, 1],
            "value": [0.7, 1.0],
            "value_low": [0.4, 0.2],
            "value_high": [0.9, 1.0],
        },
        schema=RETENTION_SCHEMA,
    )
    row = card(targets(("retention_30", "all", "at_least", 0.7, None)), retention=retention)
    assert (row["value"], row["status"], row["period_start"]) == (0.7, "met", date(2024, 1, 1))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (targets(("k", "all", "upwards", 1, 12)), "unknown direction upwards of k"),
        (targets(("k", "all", "at_least", None, 12)), "k has no target"),
        (targets(("k", "all", "below", None, 12)), "k has no target"),
        (targets(("k", "all", "at_least", 1, 12), ("k", "all", "at_most", 1, 12)), "two targets"),
        (targets(("k", "all", "at_least", 1, 12), ("k", "email", "at_least", 1, 6)), "different periods"),
    ],
)
def test_targets_that_make_no_sense_are_refused(asked, sentence):
    with pytest.raises(ValueError, match=sentence):
        card(asked)


def test_a_kpi_measured_twice_is_refused():
    with pytest.raises(ValueError, match="measured twice"):
        card(targets(("k", "all", "at_least", 1, 12)), measures(("k", "all", 1, 2), ("k", "all", 1, 3)))


def test_a_median_is_a_value_with_its_n_and_no_share():
    row = card(
        targets(("days", "p50", "below_previous", None, 12)),
        medians(("days", "p50", 4.5, 8)),
        medians(("days", "p50", 5, 2)),
    )
    assert (row["value"], row["n"], row["target"], row["status"]) == (4.5, 8, 5, "met")
    assert (row["numerator"], row["denominator"]) == (None, None)


def test_nobody_behind_a_median_is_nothing_measured():
    row = card(targets(("days", "p50", "at_most", 3, 12)), medians(("days", "p50", 2.0, 0)))
    assert (row["value"], row["n"], row["status"]) == (None, 0, "not measurable")


@pytest.mark.parametrize(
    ("now", "before", "value", "status"),
    [
        (4.0, 5.0, -0.2, "met"),
        (4.5, 5.0, -0.1, "missed"),
        (0.0, 5.0, -1.0, "met"),
        (3.0, 0.0, None, "not measurable"),
    ],
)
def test_the_change_of_the_return_cycle_is_the_difference_over_what_was_before(now, before, value, status):
    row = card(
        targets(
            ("return_cycle_change", "p50", "at_most", -0.2, 12), ("return_cycle_days", "p50", None, None, 12)
        ),
        medians(("return_cycle_days", "p50", now, 8)),
        medians(("return_cycle_days", "p50", before, 2)),
    )
    assert (row["value"], row["status"]) == (value if value is None else pytest.approx(value), status)
    assert row["n"] == (0 if value is None else 8)


# 6 of 10 more promoters than detractors now, 2 of 4 before: a tenth more.
@pytest.mark.parametrize(("numerator", "status"), [(6, "met"), (5, "missed")])
def test_the_gain_of_the_net_promoter_score_is_a_difference(numerator, status):
    row = card(
        targets(("nps_gain", "all", "at_least", 0.09, 12), ("nps", "all", None, None, 12)),
        measures(("nps", "all", numerator, 10)),
        measures(("nps", "all", 2, 4)),
    )
    assert (row["value"], row["n"], row["status"]) == (pytest.approx(numerator / 10 - 0.5), 10, status)


def test_a_change_without_a_period_before_is_not_measurable():
    asked = targets(("nps_gain", "all", "at_least", 0.1, 12), ("nps", "all", None, None, 12))
    row = card(asked, measures(("nps", "all", 6, 10)))
    assert (row["value"], row["n"], row["status"]) == (None, 0, "not measurable")


# What is asked of each tier is asked of every tier that is measured, but not of one with a target of its own, and
# of nothing else.
def test_a_target_for_each_segment_has_a_row_for_every_one_that_is_measured():
    asked = targets(
        ("k", "all", "at_least", 1, 12), ("k", "tier:*", "above", 0.5, 12), ("k", "tier:C", "below", 0.5, 12)
    )
    counted = measures(
        ("k", "all", 4, 4), ("k", "tier:A", 3, 4), ("k", "tier:B", 2, 4), ("k", "tier:C", 2, 8), ("k", "tier:D", 0, 0),
        ("k", "region:A", 3, 4),
    )  # fmt: skip
    cards = cards_of(asked, counted)
    assert cards.select("segment", "value", "target", "direction", "status").rows() == [
        ("all", 1.0, 1.0, "at_least", "met"),
        ("tier:A", 0.75, 0.5, "above", "met"),
        ("tier:B", 0.5, 0.5, "above", "missed"),
        ("tier:C", 0.25, 0.5, "below", "met"),
    ]
    assert cards_of(asked, measures())["segment"].to_list() == ["all", "tier:*", "tier:C"]


def test_a_row_that_asks_for_the_value_alone_has_one_and_no_verdict():
    row = card(targets(("k", "tier:*", None, None, 12)), measures(("k", "tier:A", 3, 4)))
    assert (row["segment"], row["value"], row["n"]) == ("tier:A", 0.75, 4)
    assert (row["target"], row["direction"], row["status"]) == (None, None, "not measurable")
