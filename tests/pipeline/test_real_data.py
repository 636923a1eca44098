"""Real shops end in a release whose figures equal those that independent authors computed."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.commands import published, rapport
from tests.recomputation.recomputation import RULES, recompute_home


@pytest.fixture(scope="module")
def homes(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One release of each real shop."""
    found = {}
    for source in ("olist", "online_retail", "thelook"):
        found[source] = tmp_path_factory.mktemp(source) / "home"
        outcome = rapport(
            "run", "--source", source, "--landing", shared_data / source, "--home", found[source]
        )
        assert outcome.code == 0, outcome.out + outcome.err
    return found


def reference(shared_data: Path, source: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared_data / source / "reference.json").read_text())["results"]
    return found


def figures(home: Path) -> dict[str, Any]:
    with published(home) as connection:
        row = connection.execute(
            """
            select
                count(*) as orders,
                count(*) filter (is_sale) as sales,
                count(*) filter (is_sale and customer_id is not null) as sales_of_known_customers,
                count(distinct customer_id) as customers,
                count(distinct customer_id) filter (is_sale) as buyers,
                sum(gross_amount) as gross,
                sum(paid_amount) filter (is_sale and customer_id is not null) as revenue,
                sum(net_revenue) filter (customer_id is not null) as net_revenue
            from marts.orders
            """
        )
        return dict(zip([column[0] for column in row.description], row.fetchall()[0], strict=True))


def cents(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def test_online_retail_equals_the_reference(homes: dict[str, Path], shared_data: Path) -> None:
    expected = reference(shared_data, "online_retail")
    found = figures(homes["online_retail"])
    assert found["sales_of_known_customers"] == expected["clean_totals"]["orders"]
    assert found["buyers"] == expected["clean_totals"]["customers"]
    assert found["customers"] == expected["raw_totals"]["customers"]
    assert found["revenue"] == cents(expected["clean_totals"]["revenue"])
    assert found["net_revenue"] == cents(expected["identified_net_of_cancellations"]["net_revenue"])


def test_online_retail_cohorts_equal_the_reference(homes: dict[str, Path], shared_data: Path) -> None:
    matrix = json.loads((shared_data / "online_retail" / "reference_extra.json").read_text())[
        "cohort_matrix_all"
    ]
    with published(homes["online_retail"]) as connection:
        found = connection.execute(
            "select strftime(cohort_month, '%Y-%m'), period_number, cohort_size, active_customers, retention_rate "
            "from marts.cohort_retention order by all"
        ).fetchall()
    assert {cohort for cohort, *_ in found} == set(matrix)
    months = sorted(matrix)
    for cohort, period, size, active, rate in found:
        assert size == matrix[cohort][0]
        is_running = months.index(cohort) + period == len(months) - 1
        if is_running:  # December 2011 ends on the 9th: not observable, so not a number
            assert active is None
            assert rate is None
        else:
            assert active == matrix[cohort][period]


def test_online_retail_repeat_rates_equal_the_reference(homes: dict[str, Path], shared_data: Path) -> None:
    expected = reference(shared_data, "online_retail")["repeat_purchase_rates_excluding_same_calendar_day"]
    with published(homes["online_retail"]) as connection:
        found = dict(
            connection.execute(
                "select metric, value from marts.retention "
                "where segment = 'all' and metric in ('repeat_purchase_30', 'repeat_purchase_90')"
            ).fetchall()
        )
    assert found["repeat_purchase_30"] == pytest.approx(expected["rate_30d_eligible"], abs=1e-6)
    assert found["repeat_purchase_90"] == pytest.approx(expected["rate_90d_eligible"], abs=1e-6)


def card(home: Path, model: str) -> dict[str, Any]:
    """One model card, its figures read."""
    with published(home) as connection:
        row = connection.execute(
            "select is_published, reason, metrics, baseline_metrics from marts.model_cards where model = ?",
            [model],
        ).fetchall()[0]
    return {"is_published": row[0], "reason": row[1], **json.loads(row[2]), **json.loads(row[3])}


# Of a real shop's next orders a third hold one of ten products out of three thousand; what is popular hits 23 %.
def test_online_retail_is_recommended_more_than_what_is_popular(homes: dict[str, Path]) -> None:
    found = card(homes["online_retail"], "recommendations")
    assert found["is_published"]
    assert found["test"]["orders"] > 1_500
    assert found["hit_rate_gain_low"] > 0.05
    assert found["test"]["hit_rate"] > 1.3 * found["popularity"]["hit_rate"]
    assert found["test"]["coverage"] > 0.3


# Three of a hundred of Olist's customers ever come back; nobody can say what the others like.
def test_olist_has_too_few_next_orders_to_judge(homes: dict[str, Path]) -> None:
    found = card(homes["olist"], "recommendations")
    assert not found["is_published"]
    assert "customers with a known taste ordered" in found["reason"]


def test_olist_equals_the_reference(homes: dict[str, Path], shared_data: Path) -> None:
    expected = reference(shared_data, "olist")
    statuses = {row["order_status"]: row["n"] for row in expected["status"]}
    found = figures(homes["olist"])
    assert found["orders"] == expected["totals"]["orders"]
    assert found["customers"] == expected["totals"]["unique_customers"]
    assert (
        found["sales"]
        == found["orders"] - statuses["canceled"] - statuses["unavailable"] - statuses["created"]
    )
    assert found["gross"] == cents(expected["totals"]["item_revenue"])
    with published(homes["olist"]) as connection:
        paid = connection.execute("select sum(paid_amount) from marts.orders").fetchall()[0][0]
        assert paid == cents(expected["totals"]["payments"])
        scorecard = dict(connection.execute("select kpi, status from marts.kpi_scorecard").fetchall())
    assert scorecard["email_open_rate"] == "not measurable"
    assert scorecard["first_response_in_time"] == "not measurable"


def test_thelook_equals_the_reference(homes: dict[str, Path], shared_data: Path) -> None:
    expected = reference(shared_data, "thelook")["totals"]
    found = figures(homes["thelook"])
    assert found["orders"] == expected["orders"]
    assert found["customers"] == expected["buyers"]
    assert found["gross"] == cents(expected["gross_sales"])
    assert found["net_revenue"] == cents(expected["net_sales"])
    with published(homes["thelook"]) as connection:
        sessions = connection.execute("select count(*), sum(events) from marts.sessions").fetchall()[0]
    assert sessions[0] <= expected["sessions"]


@pytest.mark.parametrize(
    ("source", "at_least"), [("olist", 19_831), ("online_retail", 4_372), ("thelook", 19_000)]
)
def test_every_customer_agrees_with_an_independent_recomputation(
    homes: dict[str, Path], source: str, at_least: int
) -> None:
    compared = recompute_home(homes[source])
    assert {rule: found.differing for rule, found in compared.items() if found.differing} == {}
    assert compared.keys() == RULES.keys()
    assert compared["expected_segments.sql"].customers >= at_least
    assert compared["expected_scores.sql"].customers > 4_000
