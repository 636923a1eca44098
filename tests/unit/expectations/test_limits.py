"""The rows of gate_limits.csv: read, checked, and named by exactly one measure each."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from string import Template

import pytest

from expectations import arrival, publication
from expectations.limits import (
    OTHER,
    PARAMETERS_FILE,
    QUARANTINE_FILE,
    load_limits,
    load_parameters,
    load_quarantine_limits,
)
from expectations.measures import MEASURES_DIR
from orchestration.settings import EXTRACTS, SEEDS_DIR

HEADER = "gate,layer,table_name,severity,threshold,unit,reason,valid_from\n"
ROW = "late,raw,raw.orders,warning,3,days,because,1970-01-01\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gate_limits.csv"
    path.write_text(HEADER + text, encoding="utf-8")
    return path


def test_every_row_belongs_to_one_border_and_every_gate_has_a_row() -> None:
    rows = [limit.gate for limit in load_limits(SEEDS_DIR / "gate_limits.csv")]
    assert sorted(rows) == sorted((*arrival.GATES, *publication.GATES))


def test_every_parameter_is_read_by_a_measure() -> None:
    read = {
        name
        for path in MEASURES_DIR.rglob("*.sql")
        for name in Template(path.read_text(encoding="utf-8")).get_identifiers()
    }
    arguments = {
        "quarantine_limits",
        "as_of_date",
        "reporting_time_zone",
        "previous_orders",
        "previous_customers",
    }
    assert load_parameters(SEEDS_DIR / PARAMETERS_FILE).keys() == read - arguments


def test_every_measure_file_is_part_of_a_suite() -> None:
    files = {
        path.relative_to(MEASURES_DIR).with_suffix("").as_posix() for path in MEASURES_DIR.rglob("*.sql")
    }
    assert files == {*arrival.MEASURES, *publication.MEASURES}


def test_a_later_row_replaces_an_earlier_one_from_its_day_on(tmp_path: Path) -> None:
    path = written(tmp_path, ROW + ROW.replace(",3,", ",5,").replace("1970", "2026"))
    assert [limit.threshold for limit in load_limits(path)] == [5]
    assert [limit.threshold for limit in load_limits(path, on=date(2025, 12, 31))] == [3]


def test_a_limit_reads_as_a_sentence(tmp_path: Path) -> None:
    assert load_limits(written(tmp_path, ROW))[0].bound == "at most 3 days"


def test_an_unknown_severity_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="late: severity is 'fatal'"):
        load_limits(written(tmp_path, ROW.replace("warning", "fatal")))


def test_the_issue_asks_that_30_percent_empty_emails_are_critical() -> None:
    limits = {limit.gate: limit for limit in load_limits(SEEDS_DIR / "gate_limits.csv")}
    assert limits["registrations_email_empty"].threshold < 0.3
    assert limits["registrations_email_empty"].severity == "critical"


def test_every_extract_has_its_own_share_of_quarantine() -> None:
    limits = load_quarantine_limits(SEEDS_DIR / QUARANTINE_FILE)
    assert {limit.extract for limit in limits} == {*EXTRACTS, OTHER}
    assert {(limit.warn_share, limit.refuse_share, limit.min_rows) for limit in limits} == {(0.01, 0.2, 100)}


def test_a_later_share_holds_from_its_day_on_and_must_be_a_share(tmp_path: Path) -> None:
    path = tmp_path / "quarantine_limits.csv"
    header = "extract,warn_share,refuse_share,min_rows,reason,valid_from\n"
    rows = "other,0.01,0.2,100,because,1970-01-01\nother,0.01,0.5,100,because,2026-01-01\n"
    path.write_text(header + rows, encoding="utf-8")
    assert [limit.refuse_share for limit in load_quarantine_limits(path)] == [0.5]
    assert [limit.refuse_share for limit in load_quarantine_limits(path, on=date(2025, 12, 31))] == [0.2]
    path.write_text(header + rows.replace("0.5", "50"), encoding="utf-8")
    with pytest.raises(ValueError, match="outside 0–1"):
        load_quarantine_limits(path)
    path.write_text(header, encoding="utf-8")
    with pytest.raises(ValueError, match="no row holds for 'other'"):
        load_quarantine_limits(path)
