"""What starts a run by itself, and who hears of its failure."""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dagster as dg

    from orchestration.assets.kpi import KPI_ASSETS
    from orchestration.assets.warehouse import serving
    from orchestration.backfill import DAYS
    from orchestration.definitions import build_defs
    from orchestration.jobs import alert_on_failure, daily, landing_sensor

from orchestration.batch import UnusableInputError
from orchestration.landing.ingest import ingest_extract, landing_files
from orchestration.landing.ledger import read_ledger
from orchestration.settings import Settings


@dg.op
def breaks() -> None:
    raise RuntimeError("on purpose")


@dg.job(hooks={alert_on_failure})
def failing_job() -> None:
    breaks()


@pytest.fixture
def received() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A webhook on the loopback address, and what was posted to it."""
    messages: list[dict[str, str]] = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            messages.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Webhook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/alert", messages
    server.shutdown()
    thread.join()
    server.server_close()


def fail() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert not failing_job.execute_in_process(instance=instance, raise_on_error=False).success


def test_a_failed_step_is_told_to_the_webhook(
    received: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, messages = received
    monkeypatch.setenv("RAPPORT_ALERT_WEBHOOK", address)
    fail()
    assert len(messages) == 1
    assert "breaks failed in run" in messages[0]["text"]


def test_alerts_are_off_by_default(
    received: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAPPORT_ALERT_WEBHOOK", raising=False)
    fail()
    assert received[1] == []


def test_a_new_file_asks_for_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_LANDING", str(tmp_path))
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance)

        def asked() -> int:
            found = landing_sensor(context)
            return len(list(found)) if found is not None else 0

        assert asked() == 0
        (tmp_path / "orders").mkdir()
        (tmp_path / "orders" / "day 1.csv").write_text("order_id\n")
        assert asked() == 1
        assert asked() == 0
        (tmp_path / "orders" / "day 1.csv").write_text("order_id\n1\n")
        assert asked() == 1


def test_the_schedule_runs_the_nightly_job_once_a_day() -> None:
    assert daily.job_name == "nightly"
    assert daily.cron_schedule == "0 3 * * *"


def test_materialize_all_works_in_one_process() -> None:
    job = build_defs().resolve_implicit_global_asset_job_def()
    assert job.executor_def.name == "in_process"


# The second dbt call tests every computed table, also those that none of its models reads.
def test_what_is_served_waits_for_every_computed_table() -> None:
    computed = {key for asset in KPI_ASSETS for key in asset.keys}
    assert computed <= {key for read in serving.asset_deps.values() for key in read}
    steps = [step.name for step in build_defs().resolve_job_def("nightly").nodes_in_topological_order]
    assert steps[-3:] == ["serving", "gate__publication", "release__current"]


def test_a_backfill_takes_in_the_files_of_its_day_and_the_night_takes_the_rest(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", landing=tmp_path / "landing")
    (settings.landing / "orders").mkdir(parents=True)
    header = "platform,order_id,account_id,ordered_at,status,paid_amount\n"
    for day in (1, 2, 3):
        path = settings.landing / "orders" / f"2026-01-0{day}.csv"
        path.write_text(f"{header}web,o{day},a1,2026-01-0{day},paid,10.00\n", encoding="utf-8")

    def taken() -> list[str]:
        return [item.file_name for item in read_ledger(settings.ledger_path)]

    job = build_defs(settings=settings).resolve_job_def("backfill")
    with dg.DagsterInstance.ephemeral() as instance:
        for day in ("2026-01-03", "2026-01-01", "2026-01-01", "2025-12-31"):
            done = job.execute_in_process(instance=instance, partition_key=day)
            assert done.success
        assert taken() == ["orders/2026-01-03.csv", "orders/2026-01-01.csv"]
        events = instance.fetch_materializations(dg.AssetKey(["raw", "orders"]), limit=10).records
    assert len(events) == 3
    ingest_extract(extract="orders", files=landing_files(settings=settings)["orders"], settings=settings)
    assert taken() == ["orders/2026-01-03.csv", "orders/2026-01-01.csv", "orders/2026-01-02.csv"]


def test_today_is_the_last_day_of_a_backfill() -> None:
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    assert DAYS.get_last_partition_key() == today
    assert DAYS.get_first_partition_key() == "2020-01-01"


def test_an_export_of_a_source_profile_is_not_taken_in_by_days(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", landing=tmp_path, profile="online_retail")
    job = build_defs(settings=settings).resolve_job_def("backfill")
    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(UnusableInputError, match="as a whole"):
        job.execute_in_process(instance=instance, partition_key="2026-01-01")
