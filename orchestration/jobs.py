"""When things run: the nightly job, its schedule, a watch on the landing folder, and failure alerts."""

import hashlib
import json
import urllib.request
from collections.abc import Iterator

import dagster as dg

from orchestration.settings import Settings

NIGHTLY = "nightly"
ALERT_TIMEOUT_SECONDS = 10


@dg.failure_hook(name="alert_on_failure")
def alert_on_failure(context: dg.HookContext) -> None:
    """Post a short JSON message to RAPPORT_ALERT_WEBHOOK when a step fails; off when it is not set."""
    webhook = Settings.from_environment().alert_webhook
    if not webhook:
        return
    if not webhook.startswith(("http://", "https://")):
        context.log.warning("RAPPORT_ALERT_WEBHOOK is no http address; no alert was sent.")
        return
    body = json.dumps({"text": f"Rapport: {context.op.name} failed in run {context.run_id}."}).encode()
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        webhook, data=body, headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=ALERT_TIMEOUT_SECONDS):  # noqa: S310
            context.log.info("alert sent")
    except OSError as error:
        context.log.warning(f"the alert could not be sent: {error}")


nightly = dg.define_asset_job(
    name=NIGHTLY,
    selection=dg.AssetSelection.all(),
    description="From the files of the landing folder to a gated release.",
    hooks={alert_on_failure},
    executor_def=dg.in_process_executor,
)

daily = dg.ScheduleDefinition(
    name="daily",
    job=nightly,
    cron_schedule="0 3 * * *",
    execution_timezone=Settings.from_environment().reporting_time_zone,
    description="Every night at three, when the day's extracts are there.",
)


@dg.sensor(job=nightly, minimum_interval_seconds=60, description="Runs when the landing folder changes.")
def landing_sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest]:
    """Ask for a run when a file came, changed or left since the last look."""
    landing = Settings.from_environment().landing
    seen = sorted(
        f"{path.relative_to(landing)}:{path.stat().st_size}:{path.stat().st_mtime_ns}"
        for path in landing.rglob("*")
        if path.is_file()
    )
    state = _fingerprint(seen)
    if seen and state != context.cursor:
        context.update_cursor(state)
        yield dg.RunRequest(run_key=state)


def _fingerprint(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
