"""The numbers of the next-order model, read from the rows of `seeds/model_settings.csv`.

Belongs here: names, types and bounds of settings. Does not belong here: any value of a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from models.drift import DriftSettings
from models.setting_rows import Bounds


@dataclass(frozen=True, kw_only=True)
class NextOrderSettings(DriftSettings):
    """Settings of the next order and of repurchase; each attribute is the row of the same name.

    Attributes:
        next_order_horizon_days: how far a date may lie ahead, and length of the holdout.
        next_order_interval_level: share of next orders that an interval is meant to hold, 0–1.
        next_order_gap_classes: classes of customers by number of gaps: 0, 1, 2–3, 4–7 and so on, the last open.
        next_order_max_training_customers: size of the sample that trains.
        next_order_min_gaps: completed gaps that a curve needs.
        next_order_min_waiting: waits that must reach a point of a curve, or it ends before.
        next_order_min_class_customers: least number that ordered, and that did not, after the cut.
        next_order_close_days: first distance at which a date counts as near.
        next_order_near_days: second one, larger.
        next_order_min_error_gain: share by which the mean error must lie below that of each baseline, 0–1.
        next_order_min_concordance: least share of pairs in the right order, 0–1.
        next_order_max_coverage_error: largest distance between the share of intervals that hold and what they tell.
        repurchase_min_own_gaps: gaps in a category from which a customer has an own rhythm in it.
        repurchase_min_category_gaps: gaps of all customers from which a category has a rhythm.
        repurchase_min_category_share: share of a category's buyers who buy it again, from which it is re-bought.
        repurchase_max_gaps: gaps of silence in a category after which nothing is due any more.
    """

    next_order_horizon_days: int
    next_order_interval_level: Annotated[float, Bounds(below=1)]
    next_order_gap_classes: int
    next_order_max_training_customers: int
    next_order_min_gaps: int
    next_order_min_waiting: int
    next_order_min_class_customers: int
    next_order_close_days: int
    next_order_near_days: Annotated[int, Bounds(above="next_order_close_days")]
    next_order_min_error_gain: Annotated[float, Bounds(least=0, below=1)]
    next_order_min_concordance: Annotated[float, Bounds(least=0, below=1)]
    next_order_max_coverage_error: Annotated[float, Bounds(below=1)]
    repurchase_min_own_gaps: int
    repurchase_min_category_gaps: int
    repurchase_min_category_share: Annotated[float, Bounds(least=0, below=1)]
    repurchase_max_gaps: float
