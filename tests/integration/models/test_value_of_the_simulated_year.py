"""Customer value beside the truth of the made-up shop: festivals, weekdays, and a year nobody has seen."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.customer_value.cltv import compute_cltv
from models.customer_value.cltv_trial import choose_holdout_days
from models.settings import ModelSettings
from orchestration.kpi.inputs import read_settings
from orchestration.kpi.value import (
    prepare_purchase_days,
    read_calibration_histories,
    read_known_days,
    read_purchase_histories,
    read_segment_members,
)
from simulator.assumptions import SHOP
from simulator.campaigns import Sendings
from simulator.catalogue import draw_catalogue
from simulator.persons import draw_persons
from simulator.purchases import draw_purchases
from simulator.timeline import Timeline

# 100,000 persons hold about 700 Platinum customers, whose true year has a spread of 3 %; of 30,000 it has 5 %.
START, DAYS, PERSONS = date(2023, 7, 2), 1095, 100_000
AS_OF = START + timedelta(days=729)
YEAR_END = AS_OF + timedelta(days=365)


@pytest.fixture(scope="module")
def shop(new_warehouse):
    """Three years of orders; only the first two may be seen as of `AS_OF`."""
    rng = np.random.default_rng(21)
    timeline = Timeline(start=START, days=DAYS)
    persons = draw_persons(
        rng, first_number=0, count=PERSONS, timeline=timeline, catalogue=draw_catalogue(rng)
    )
    nobody = np.zeros(0, dtype=np.int64)
    bought = draw_purchases(
        rng,
        persons=persons,
        timeline=timeline,
        campaigns=[],
        sendings=Sendings(campaign=nobody, person=nobody, group=nobody),
    )
    shape = SHOP.order_value_shape
    money = rng.gamma(shape, persons.spend_cents[bought.person] / 100 / shape)
    orders = pl.DataFrame(
        {"person": bought.person, "day": bought.second // 86400, "net_revenue": money.round(2)}
    ).select(
        customer_id=pl.format("P{}", pl.col("person").cast(pl.String).str.zfill(6)),
        order_date=pl.lit(START) + pl.duration(days="day"),
        net_revenue="net_revenue",
    )
    with new_warehouse() as warehouse:
        warehouse.register("orders_of_the_shop", orders)
        warehouse.execute(
            "insert into marts.orders by name select *, true as is_sale, row_number() over () as order_id,"
            " row_number() over (partition by customer_id order by order_date) as order_number"
            " from orders_of_the_shop"
        )
        warehouse.execute(TIERS, {"as_of": AS_OF})
        yield warehouse


# The points and tiers of DOMAIN 3, written out once more.
TIERS = """
insert into marts.rfm_scores
with facts as (
    select customer_id, max(order_date) as latest, count(*) as f, sum(net_revenue) / count(*) as m
    from marts.orders where order_date > $as_of::date - interval 12 month and order_date <= $as_of
    group by 1
), points as (
    select customer_id,
        case when latest >= $as_of::date - interval 1 month then 5 when latest >= $as_of::date - interval 3 month then 4
            when latest >= $as_of::date - interval 4 month then 3 when latest >= $as_of::date - interval 7 month then 2
            else 1 end
        + 3 * case when f >= 6 then 5 when f >= 4 then 4 else f end
        + 4 * case when m >= 2000 then 5 when m >= 1000 then 4 when m >= 500 then 3 when m >= 300 then 2 else 1 end
        as score
    from facts
)
select customer_id,
    case when score >= 36 then 'Platinum' when score >= 26 then 'Gold' when score >= 17 then 'Silver' else 'Bronze' end
from points
"""


@pytest.fixture(scope="module")
def result(shop):
    settings = read_settings(ModelSettings, connection=shop, as_of=AS_OF)
    prepare_purchase_days(connection=shop, as_of=AS_OF, settings=settings)
    days = choose_holdout_days(known_days=read_known_days(connection=shop, as_of=AS_OF), settings=settings)
    return compute_cltv(
        histories=read_purchase_histories(connection=shop, as_of=AS_OF),
        calibration=read_calibration_histories(connection=shop, as_of=AS_OF, holdout_days=days),
        members=read_segment_members(connection=shop, as_of=AS_OF),
        as_of=AS_OF,
        holdout_days=days,
        settings=settings,
    )


def test_the_process_behind_the_shop_is_found(result):
    (card,) = result.card.to_dicts()
    assert card["is_published"], card["reason"]
    assert json.loads(card["metrics"])["holdout_days"] == 365
    found = json.loads(card["parameters"])["purchases"]
    assert found["family"] == "pareto_nbd"
    assert found["r"] / found["alpha_days"] == pytest.approx(SHOP.rate_mean, rel=0.10)
    assert found["r"] == pytest.approx(SHOP.rate_shape, rel=0.10)
    assert found["s"] / found["beta_days"] == pytest.approx(SHOP.dropout_mean, rel=0.20)
    assert found["s"] == pytest.approx(SHOP.dropout_shape, rel=0.20)


# In money as it is spent: the discount, which is agreed and not forecast, is taken off the true money as well.
def test_the_value_of_every_tier_lies_within_ten_percent_of_the_true_next_year(shop, result):
    shop.register("scores", result.scores)
    tiers = shop.execute(
        """
        with spent as (
            select customer_id,
                sum(net_revenue * 1.1 ** (-ceil((order_date - $as_of::date) * 12 / 365) / 12)) as money
            from marts.orders where order_date > $as_of and order_date <= $until group by 1
        )
        select coalesce(rfm_tier, 'none') as tier, sum(cltv_12m) as expected, sum(coalesce(money, 0)) as true
        from scores left join marts.rfm_scores using (customer_id) left join spent using (customer_id)
        group by 1
        """,
        {"as_of": AS_OF, "until": YEAR_END},
    ).pl()
    ratios = {tier: expected / true for tier, expected, true in tiers.iter_rows()}
    assert set(ratios) >= {"Platinum", "Gold", "Silver", "Bronze"}
    for tier in ("Platinum", "Gold", "Silver", "Bronze"):
        assert ratios[tier] == pytest.approx(1, abs=0.10), ratios


def test_the_plans_formula_equals_plain_sql(shop, result):
    theirs = shop.execute(
        """
        with lately as (
            select customer_id, net_revenue, order_number from marts.orders
            where order_date > $as_of::date - interval 12 month and order_date <= $as_of
        )
        select sum(net_revenue) / count(*) * count(*) filter (where order_number > 1)
            / (select count(distinct customer_id) from marts.orders where order_date <= $as_of)
        from lately
        """,
        {"as_of": AS_OF},
    ).fetchone()[0]
    ours = result.segments.filter(pl.col("segment") == "all")["plan_value"].item()
    assert ours == pytest.approx(float(theirs), rel=1e-9)
    tiers = result.segments.filter(pl.col("segment").str.starts_with("tier:"))
    assert (tiers["cltv_12m_total_low"] < tiers["cltv_12m_total"]).all()
    assert (tiers["cltv_12m_total"] < tiers["cltv_12m_total_high"]).all()
