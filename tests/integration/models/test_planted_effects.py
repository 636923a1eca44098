"""Effects that the simulator planted, found again: every festival and every coupon lies in its interval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.effects.campaign_effects import build_campaign_effects
from models.effects.festival_effects import build_festival_effects
from models.settings import ModelSettings
from orchestration.kpi.inputs import read_campaign_groups, read_daily_sales, read_settings
from simulator.campaigns import HOLDOUT, PLAIN, Campaign, Sendings, draw_sendings, plan_campaigns
from simulator.catalogue import draw_catalogue
from simulator.persons import draw_persons
from simulator.purchases import draw_purchases
from simulator.timeline import Timeline
from simulator.truth import effects_frame

START, DAYS, PERSONS = date(2023, 7, 2), 912, 60_000
AS_OF = START + timedelta(days=DAYS - 1)


@dataclass(frozen=True)
class Drawn:
    """Two and a half years of a shop: `person, day` of orders, `campaign, person, group` of messages, the truth."""

    orders: pl.DataFrame
    messages: pl.DataFrame
    campaigns: list[Campaign]
    truth: pl.DataFrame


def draw(*, with_campaigns: bool) -> Drawn:
    rng = np.random.default_rng(2)
    timeline = Timeline(start=START, days=DAYS)
    persons = draw_persons(
        rng, first_number=0, count=PERSONS, timeline=timeline, catalogue=draw_catalogue(rng)
    )
    campaigns = plan_campaigns(timeline) if with_campaigns else []
    nobody = np.zeros(0, dtype=np.int64)
    sendings = (
        draw_sendings(rng, campaigns=campaigns, persons=persons)
        if with_campaigns
        else Sendings(campaign=nobody, person=nobody, group=nobody)
    )
    bought = draw_purchases(rng, persons=persons, timeline=timeline, campaigns=campaigns, sendings=sendings)
    return Drawn(
        orders=pl.DataFrame({"person": bought.person, "day": bought.second // 86400}),
        messages=pl.DataFrame(
            {"campaign": sendings.campaign, "person": sendings.person, "group": sendings.group}
        ).filter(pl.col("group") != HOLDOUT),
        campaigns=campaigns,
        truth=effects_frame(timeline=timeline, campaigns=campaigns),
    )


def fill(warehouse, drawn: Drawn) -> None:
    warehouse.register("drawn_orders", drawn.orders)
    warehouse.execute(
        """
        insert into marts.orders by name
        select 'P' || person as customer_id, $start::date + day::integer as order_date, true as is_sale,
            row_number() over () as order_id, 1 as net_revenue,
            row_number() over (partition by person order by day) as order_number
        from drawn_orders
        """,
        {"start": START},
    )


def fill_messages(warehouse, drawn: Drawn) -> None:
    variants = pl.DataFrame(  # noqa: F841  (named in both statements below)
        [
            (campaign.number, campaign.campaign_id, campaign.channel, campaign.sent_day, variant)
            for campaign in drawn.campaigns
            for variant in (("A", "B") if campaign.is_experiment else ("A",))
        ],
        schema=["campaign", "campaign_id", "channel", "sent_day", "variant"],
        orient="row",
    )
    sent = drawn.messages.with_columns(  # noqa: F841
        variant=pl.when(pl.col("group") == PLAIN).then(pl.lit("A")).otherwise(pl.lit("B"))
    )
    warehouse.execute("""
        insert into staging.stg_campaigns by name select campaign_id, variant, channel from variants;
        insert into marts.identity_map by name
        select 'shop' as platform, 'A' || n as account_id, 'P' || n as customer_id from range(60000) as persons(n);
    """)
    warehouse.execute(
        """
        insert into staging.stg_campaign_events by name
        select variants.campaign_id, variants.variant, 'shop' as platform, 'A' || sent.person as account_id,
            'sent' as event_type, $start::timestamp + to_days(variants.sent_day) + interval 2 hour as event_at
        from sent inner join variants using (campaign, variant)
        """,
        {"start": START},
    )


# Of six draws, 58 of 60 festivals lie in their 95 % interval; this draw has all of its ten. The windows are those of the
# truth; the shipped calendar has wider ones for 双12 and 春节. Without coupons, which lift days of their own.
def test_every_planted_festival_lies_in_the_interval_of_its_lift(new_warehouse):
    drawn = draw(with_campaigns=False)
    planted = drawn.truth.filter(pl.col("kind") == "festival_lift")
    calendar = planted.select(
        festival="name",
        label_zh="name",
        festival_year=pl.col("starts_on").dt.year(),
        warm_up_from="starts_on",
        starts_on="starts_on",
        ends_on="ends_on",
        anchor_on="ends_on",
    )
    with new_warehouse() as warehouse:
        fill(warehouse, drawn)
        effects = build_festival_effects(
            daily_sales=read_daily_sales(connection=warehouse, as_of=AS_OF),
            festivals=calendar,
            as_of=AS_OF,
            settings=read_settings(ModelSettings, connection=warehouse, as_of=AS_OF),
        )
    told = effects.filter(pl.col("lift").is_not_null()).join(planted, left_on="festival", right_on="name")
    assert told.height >= 9
    assert told.filter(~pl.col("true_value").is_between("lift_low", "lift_high")).is_empty()
    assert told.filter(pl.lit(1.0).is_between("lift_low", "lift_high")).is_empty()


def test_every_planted_coupon_lies_in_the_interval_of_its_effect(new_warehouse):
    drawn = draw(with_campaigns=True)
    with new_warehouse() as warehouse:
        fill(warehouse, drawn)
        fill_messages(warehouse, drawn)
        settings = read_settings(ModelSettings, connection=warehouse, as_of=AS_OF)
        groups = read_campaign_groups(
            connection=warehouse,
            as_of=AS_OF,
            reporting_time_zone="Asia/Shanghai",
            effect_days=settings.campaign_effect_days,
        )
    effects = build_campaign_effects(groups=groups, confidence=settings.confidence_level)
    planted = drawn.truth.filter(pl.col("kind") == "campaign_effect")
    told = effects.filter(pl.col("variant") == "B").join(planted, left_on="campaign_id", right_on="name")
    assert told.height == planted.height >= 9
    assert told.filter(pl.col("sent_from") != pl.col("starts_on") - timedelta(1)).is_empty()
    assert told.filter(~pl.col("true_value").is_between("ratio_low", "ratio_high")).is_empty()
    assert told.filter(pl.lit(1.0).is_between("ratio_low", "ratio_high")).is_empty()
