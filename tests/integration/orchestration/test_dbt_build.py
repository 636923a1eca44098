"""A build that somebody stops is told as stopped, not as a failure of dbt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # dbt's own, when it is imported


@pytest.fixture
def build_that_ends_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Return a build in which dbt hands an error back, as it does with whatever is raised while it works."""
    from dbt.cli.main import dbtRunner, dbtRunnerResult

    from orchestration import dbt_build

    dbt_build.ensure_manifest()

    def build(error: BaseException) -> dbt_build.DbtBuild:
        ended = dbtRunnerResult(success=False, exception=error)
        monkeypatch.setattr(dbtRunner, "invoke", lambda *_, **__: ended)
        return dbt_build.build(selection=["--select", "none"], variables="{}", target=tmp_path)

    return build


def test_who_stops_a_build_is_not_told_that_dbt_failed(build_that_ends_with):
    with pytest.raises(KeyboardInterrupt):
        build_that_ends_with(KeyboardInterrupt())


def test_what_keeps_dbt_from_working_is_told(build_that_ends_with):
    done = build_that_ends_with(RuntimeError("no such profile"))
    assert done.error == "dbt could not start: no such profile"
    assert not done.is_successful
