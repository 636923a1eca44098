"""How good foretold probabilities of a yes or no are.

Belongs here: figures that compare probabilities with answers. Does not belong here: any model.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from models.arrays import Bools, Floats


def area_under_curve(*, probabilities: Floats, answers: Bools) -> float:
    """Give the chance that a random yes got a higher probability than a random no; ties count half (AUC).

    Args:
        probabilities: of yes, shape (rows,).
        answers: what came, shape (rows,); both answers present.

    Returns:
        0–1; 0.5 where the probabilities say nothing.
    """
    yes, no = int(answers.sum()), int((~answers).sum())
    ranks = pl.Series(probabilities).rank("average").to_numpy()
    return float((ranks[answers].sum() - yes * (yes + 1) / 2) / (yes * no))


def balanced_accuracy(*, probabilities: Floats, answers: Bools, threshold: float) -> float:
    """Give the mean of the shares of yes and of no that are told rightly; a constant reaches 0.5.

    Args:
        probabilities: of yes, shape (rows,).
        answers: what came, both answers present.
        threshold: probability from which yes is told.

    Returns:
        0–1.
    """
    told = probabilities >= threshold
    return float((told[answers].mean() + (~told[~answers]).mean()) / 2)


def best_threshold(*, probabilities: Floats, answers: Bools) -> float:
    """Give the threshold of highest balanced accuracy; of several the lowest.

    Args:
        probabilities: of yes, shape (rows,).
        answers: what came, both answers present.

    Returns:
        One of the probabilities: from it on yes is told.
    """
    values, group = np.unique(probabilities, return_inverse=True)
    yes = np.bincount(group, weights=answers, minlength=len(values)) / answers.sum()
    no = np.bincount(group, weights=~answers, minlength=len(values)) / (~answers).sum()
    told_yes = np.cumsum(yes[::-1])[::-1]
    told_no = np.cumsum(no) - no
    return float(values[np.argmax(np.round(told_yes + told_no, 12))])


def brier_score(*, probabilities: Floats, answers: Bools) -> float:
    """Give the mean squared difference between probability and answer (Brier 1950); lower is better."""
    return float(np.mean((probabilities - answers) ** 2))


def log_loss(*, probabilities: Floats, answers: Bools) -> float:
    """Give the mean of −ln of the probability that was given to what came; lower is better."""
    return float(-np.mean(np.log(np.where(answers, probabilities, 1 - probabilities))))


def lift(*, probabilities: Floats, answers: Bools, share: float) -> float:
    """Give how many times more often yes comes among the most likely rows than among all.

    Rows of equal probability at the border count in part, so that the order of rows does not matter.

    Args:
        probabilities: of yes, shape (rows,).
        answers: what came, at least one yes.
        share: share of rows that are looked at, 0–1.

    Returns:
        1 where the probabilities say nothing; at most 1 ÷ share.
    """
    wanted = share * len(answers)
    values, group = np.unique(-probabilities, return_inverse=True)
    rows = np.bincount(group, minlength=len(values))
    yes = np.bincount(group, weights=answers, minlength=len(values))
    taken = np.clip(wanted - (np.cumsum(rows) - rows), 0, rows)
    return float((taken / rows * yes).sum() / wanted / answers.mean())


def calibration_groups(*, probabilities: Floats, answers: Bools, groups: int) -> dict[str, dict[str, float]]:
    """Set what was foretold beside what came, in groups of (nearly) equal size from the least likely on.

    Args:
        probabilities: of yes, shape (rows,).
        answers: what came, shape (rows,).
        groups: number of groups; with fewer rows each row is a group.

    Returns:
        By number of the group (`01`, …): `customers`, `predicted_rate`, `actual_rate`.
    """
    parts = np.array_split(np.argsort(probabilities, kind="stable"), min(groups, len(answers)))
    return {
        f"{number:02d}": {
            "customers": len(part),
            "predicted_rate": float(probabilities[part].mean()),
            "actual_rate": float(answers[part].mean()),
        }
        for number, part in enumerate(parts, start=1)
    }
