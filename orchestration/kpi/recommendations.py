"""Recommendations of a warehouse: tastes are laid out by number, then read customer by customer in groups.

Belongs here: the order of reading and computing. Does not belong here: arithmetic (in `models/`) and SQL (in
`queries/`).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl

from models.arrays import Ints
from models.drift import demand_no_drift
from models.model_cards import build_card
from models.recommendations.product_neighbours import Recommender, learn
from models.recommendations.recommendation_quality import (
    Judgement,
    demand_better,
    demand_enough,
    judge,
)
from models.recommendations.recommendation_settings import RecommendationSettings
from models.recommendations.recommendations import PRAISE, RecommenderFindings, taste_drift
from models.recommendations.recommending import CHOICES, RECOMMENDATION_SCHEMA, name_choices, recommend
from models.withholding import WithheldError
from orchestration.kpi.computation import Computation
from orchestration.kpi.day_ends import end_of_day
from orchestration.kpi.prediction import Prediction
from orchestration.kpi.query import read_query, statement_of

CUSTOMERS_AT_ONCE, GROUPS_AT_ONCE = 10_000, 2
"""Size of a group and how many are computed side by side (sorting and multiplying leave Python's lock); bounds memory to
about half a GiB each."""


@dataclass(frozen=True)
class TasteReader:
    """Reads a warehouse as it was known at the end of a day.

    Attributes:
        connection: the warehouse; its temporary tables `recommendation_…` are replaced.
        reporting_time_zone: IANA zone in which days end.
        settings: windows and sizes of samples.
    """

    connection: duckdb.DuckDBPyConnection
    reporting_time_zone: str
    settings: RecommendationSettings

    def prepare(self) -> pl.Series:
        """Number customers and products; return the customers' ids by number."""
        self.connection.execute(statement_of("recommendation_customers"))
        ids = self.connection.table("recommendation_customers").order("customer_number").pl()
        return ids["customer_id"]

    def go_to(self, day: date) -> pl.DataFrame:
        """Lay out all tastes as of a day; return the goods, columns of `models.recommendations.product_neighbours.GOODS`."""
        known = {
            "cut_date": day,
            "cut_at": end_of_day(day, reporting_time_zone=self.reporting_time_zone),
        }
        self.connection.execute(
            statement_of("recommendation_tastes"),
            known | {"view_days": self.settings.recommendation_view_days},
        )
        return read_query(
            self.connection,
            "recommendation_goods",
            **known,
            popular_days=self.settings.recommendation_popular_days,
            available_days=self.settings.recommendation_available_days,
        )

    def tastes_of(self, customers: Ints) -> pl.DataFrame:
        """Read all tastes of some customers, columns of `models.recommendations.product_neighbours.TASTES`."""
        asked = pl.DataFrame({"customer_number": customers})
        self.connection.register("recommendation_asked", asked)
        first, last = (int(customers[0]), int(customers[-1])) if len(customers) else (0, -1)
        found = read_query(self.connection, "recommendation_tastes_of", first=first, last=last)
        self.connection.unregister("recommendation_asked")
        return found

    def teachers(self) -> pl.DataFrame:
        """Read the tastes of a sample of all customers who have one."""
        known = read_query(self.connection, "recommendation_teachers")
        return self.tastes_of(
            self._sample(known["customer_number"], self.settings.recommendation_max_training_customers)
        )

    def next_orders(self, *, cut_date: date) -> pl.DataFrame:
        """Read the next orders of a sample of the customers: `customer_number, product_number, is_new`."""
        found = read_query(
            self.connection,
            "recommendation_next_orders",
            cut_date=cut_date,
            horizon_days=self.settings.recommendation_horizon_days,
        )
        asked = self._sample(
            found["customer_number"].unique(), self.settings.recommendation_max_judged_customers
        )
        return found.filter(pl.col("customer_number").is_in(asked))

    def _sample(self, customers: pl.Series, size: int) -> Ints:
        ordered = customers.sort().to_numpy()
        if len(ordered) <= size:
            return ordered
        drawn = np.random.default_rng(self.settings.recommendation_seed)
        return np.sort(drawn.choice(ordered, size=size, replace=False))


def foretell_recommendations(run: Computation) -> Prediction:
    """Recommend each customer the products that customers of the same taste chose."""
    settings = run.settings(RecommendationSettings)
    reader = TasteReader(run.connection, run.reporting_time_zone, settings)
    table = pl.DataFrame(schema=RECOMMENDATION_SCHEMA)
    findings = RecommenderFindings()
    try:
        table = _proven(reader, as_of=run.as_of, findings=findings)
        reason, is_published = PRAISE, True
    except WithheldError as withheld:
        reason, is_published = str(withheld), False
    card = build_card(model="recommendations", found=findings, is_published=is_published, reason=reason)
    return Prediction({"recommendations": table}, card)


def _proven(reader: TasteReader, *, as_of: date, findings: RecommenderFindings) -> pl.DataFrame:
    """Judge at the cut, then learn anew and recommend to everybody.

    Raises:
        WithheldError: there is too little to judge, popularity is as good, or the inputs have drifted.
    """
    settings = reader.settings
    customer_ids = reader.prepare()
    cut_date = as_of - timedelta(days=settings.recommendation_horizon_days)
    tried, before = _learned(reader, day=cut_date, findings=findings)
    judgement = judge_recommender(reader, recommender=tried, cut_date=cut_date)
    findings.note_judgement(judgement=judgement, cut_date=cut_date)
    demand_better(judgement=judgement, settings=settings)
    final, after = _learned(reader, day=as_of, findings=findings)
    indexes = taste_drift(before=before, after=after, settings=settings)
    findings.metrics["stability_indexes"] = indexes
    demand_no_drift(indexes=indexes, settings=settings, since="the cut")
    everybody = np.arange(len(customer_ids), dtype=np.int64)
    return pl.concat(
        name_choices(choices=choices, customer_ids=customer_ids, goods=final.goods)
        for choices in _recommended(reader, customers=everybody, recommender=final)
    )


def judge_recommender(reader: TasteReader, *, recommender: Recommender, cut_date: date) -> Judgement:
    """Judge a recommender beside popularity on the next orders after the cut that the reader stands at.

    Raises:
        WithheldError: there are too few next orders.
    """
    orders = reader.next_orders(cut_date=cut_date)
    asked = orders["customer_number"].unique().sort().to_numpy()
    demand_enough(orders=len(asked), settings=reader.settings)
    is_available = recommender.goods["is_available"].gather(orders["product_number"])
    return judge(
        recommended=pl.concat(_recommended(reader, customers=asked, recommender=recommender)),
        popular=pl.concat(_recommended(reader, customers=asked, recommender=recommender.popularity_only)),
        next_orders=orders.with_columns(is_reachable=pl.col("is_new") & is_available),
        available_products=int(recommender.goods["is_available"].sum()),
        confidence=reader.settings.confidence_level,
    )


def _learned(
    reader: TasteReader, *, day: date, findings: RecommenderFindings
) -> tuple[Recommender, pl.DataFrame]:
    """Learn from what was known on a day; the recommender and the tastes that taught it."""
    goods = reader.go_to(day)
    tastes = reader.teachers()
    recommender = learn(tastes=tastes, goods=goods, settings=reader.settings)
    findings.note_learned(recommender=recommender, tastes=tastes, day=day, settings=reader.settings)
    return recommender, tastes


def _recommended(reader: TasteReader, *, customers: Ints, recommender: Recommender) -> Iterator[pl.DataFrame]:
    """Recommend to customers in groups, several at a time; one empty frame for nobody."""
    groups = [
        customers[first : first + CUSTOMERS_AT_ONCE] for first in range(0, len(customers), CUSTOMERS_AT_ONCE)
    ]
    with ThreadPoolExecutor(GROUPS_AT_ONCE) as pool:
        for first in range(0, len(groups), GROUPS_AT_ONCE):
            waiting = [
                pool.submit(
                    recommend,
                    customers=group,
                    tastes=reader.tastes_of(group),
                    recommender=recommender,
                    settings=reader.settings,
                )
                for group in groups[first : first + GROUPS_AT_ONCE]
            ]
            yield from (task.result() for task in waiting)
    if not groups:
        yield pl.DataFrame(schema=CHOICES)
