"""What starts a run by itself, and who hears of its failure."""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dagster as dg

    from orchestration.definitions import build_defs
    from orchestration.jobs import alert_on_failure, daily, landing_sensor


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
