"""What the gates measure, one SELECT per file.

Every SELECT returns a column `subject` (which file, month, table or column a row speaks of, or NULL) and
one number per gate, named like the gate in `seeds/gate_limits.csv`: the amount of something bad, which
may be at most the gate's threshold in every row. `$name` is a row of `seeds/gate_parameters.csv` or an
argument of the suite.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from expectations.limits import GateLimit

MEASURES_DIR = Path(__file__).resolve().parent


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One SELECT that several gates read.

    Attributes:
        name: of the file, or of the function that wrote the query.
        query: returns `subject` and a number per gate.
        gates: the limits of its columns.
    """

    name: str
    query: str
    gates: tuple[GateLimit, ...]


@dataclass(frozen=True, kw_only=True)
class Suite:
    """All that is measured at one border: `arrival` or `publication`."""

    name: str
    measures: tuple[Measure, ...]

    @property
    def gates(self) -> tuple[GateLimit, ...]:
        """Every limit of the suite, in flow order."""
        return tuple(gate for measure in self.measures for gate in measure.gates)


def read_measure(
    *, name: str, gates: tuple[str, ...], limits: Mapping[str, GateLimit], values: Mapping[str, object]
) -> Measure:
    """Return the measure of one SQL file.

    Args:
        name: path below this folder without suffix, e.g. `arrival/orders`.
        gates: the columns that are gates.
        limits: by gate.
        values: what stands for each `$name`.

    Raises:
        KeyError: a gate has no limit, or a `$name` no value.
    """
    text = (MEASURES_DIR / f"{name}.sql").read_text(encoding="utf-8")
    query = Template(text).substitute({key: _literal(value) for key, value in values.items()})
    return Measure(name=name.split("/")[-1], query=query, gates=tuple(limits[gate] for gate in gates))


def _literal(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
