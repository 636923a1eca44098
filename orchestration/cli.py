"""The commands of `rapport`, one short function each; what they do lives in the stages."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestration.exit_codes import ending_of
from orchestration.settings import Settings

PLAIN_WIDTH = 120
"""Width of tables in a log file; a terminal has its own."""

app = typer.Typer(
    name="rapport",
    help="A customer warehouse whose numbers one can prove: extracts in, one published DuckDB file out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


class FileFormat(StrEnum):
    """Formats that the simulator writes."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


Home = Annotated[
    Path | None, typer.Option(help="Folder of the warehouse (or RAPPORT_HOME).", show_default="./var")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")]
Debug = Annotated[bool, typer.Option(help="Show the traceback of an error.")]


def command(name: str, example: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a command with its example below the help."""
    return app.command(name, epilog=f"Example: [bold]{example}[/bold]")


@command("demo", "rapport demo --customers 2000 --seed 7")
def demo(
    customers: Annotated[int, typer.Option(min=10, help="People in the made-up shop.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Same seed, same shop.")] = 0,
    home: Home = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Simulate a shop, run everything, and show what came out."""

    def work(console: Console) -> dict[str, Any]:
        from orchestration.demo import run_demo

        settings = Settings.from_environment(home=home)
        return run_demo(settings=settings, customers=customers, seed=seed, console=console)

    _present(work, "run", as_json=as_json, debug=debug)


@command(
    "simulate", "rapport simulate landing --customers 5000 --days 365 --seed 1 --format parquet --mess 0.3"
)
def simulate(
    out: Annotated[Path, typer.Argument(help="Folder to write to.")],
    customers: Annotated[int, typer.Option(min=10)] = 20_000,
    days: Annotated[int, typer.Option(min=30)] = 730,
    seed: Annotated[int, typer.Option()] = 0,
    file_format: Annotated[FileFormat, typer.Option("--format")] = FileFormat.CSV,
    mess: Annotated[float, typer.Option(min=0, max=1, help="How much of what real sources drop.")] = 0.0,
    home: Home = None,  # noqa: ARG001 - every command takes it; this one writes where it is told
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write all extracts of a made-up shop, and the hidden truth behind them."""

    def work(console: Console) -> dict[str, Any]:
        from orchestration.demo import simulate_shop

        return simulate_shop(
            out=out,
            customers=customers,
            days=days,
            seed=seed,
            file_format=file_format.value,
            mess=mess,
            console=console,
        )

    _present(work, "simulation", as_json=as_json, debug=debug)


@command("run", "rapport run --landing drops --as-of 2026-06-30")
def run_command(
    landing: Annotated[Path | None, typer.Option(help="Where sources drop files; never changed.")] = None,
    source: Annotated[
        str | None, typer.Option(help="Source profile of a foreign export, e.g. olist.")
    ] = None,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day to know.")] = None,
    full_refresh: Annotated[bool, typer.Option(help="Read every file again.")] = False,
    home: Home = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Take in what is new in the landing folder, build, check, and publish."""

    def work(console: Console) -> dict[str, Any]:
        from orchestration.runner import run

        settings = Settings.from_environment(home=home, landing=landing)
        settings = replace(
            settings,
            profile=source or settings.profile,
            as_of=as_of.date() if as_of else None,
            full_refresh=full_refresh,
        )
        return run(settings=settings, console=console)

    _present(work, "run", as_json=as_json, debug=debug)


@command("status", "rapport status --json")
def status(home: Home = None, as_json: AsJson = False, debug: Debug = False) -> None:
    """Show the last run and release, freshness per extract, open quarantine and failing gates."""

    def work(_: Console) -> dict[str, Any]:
        from orchestration.status import status as read_status

        return read_status(settings=Settings.from_environment(home=home))

    _present(work, "status", as_json=as_json, debug=debug)


@command("releases", "rapport releases")
def releases(home: Home = None, as_json: AsJson = False, debug: Debug = False) -> None:
    """List the releases on disk, the current one marked."""

    def work(_: Console) -> dict[str, Any]:
        from orchestration.status import releases as list_them

        return list_them(settings=Settings.from_environment(home=home))

    _present(work, "releases", as_json=as_json, debug=debug)


@command("rollback", "rapport rollback 20260630T030000-1a2b3c")
def rollback(
    release: Annotated[str, typer.Argument(help="A release that `rapport releases` lists.")],
    home: Home = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Make an earlier release current."""

    def work(_: Console) -> dict[str, Any]:
        from orchestration.status import rollback as make_current

        return make_current(settings=Settings.from_environment(home=home), release_id=release)

    _present(work, "rollback", as_json=as_json, debug=debug)


@command("explain", "rapport explain taobao/1042")
def explain(
    account_or_customer: Annotated[
        str,
        typer.Argument(
            help="A customer's id, an account's, or platform/account; as in the warehouse or as published."
        ),
    ],
    home: Home = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show which accounts are one customer and why, and how attributes, tier and segments came about."""

    def work(_: Console) -> dict[str, Any]:
        from orchestration.explain import explain as explain_customer

        return explain_customer(settings=Settings.from_environment(home=home), asked=account_or_customer)

    _present(work, "explanation", as_json=as_json, debug=debug)


@command("verify", "rapport verify 20260630T030000-1a2b3c")
def verify(
    release: Annotated[str | None, typer.Argument(help="A release that `rapport releases` lists.")] = None,
    home: Home = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Build a release again from its inputs in a scratch place, and compare every table."""

    def work(console: Console) -> dict[str, Any]:
        from orchestration.verify import verify as rebuild_and_compare

        return rebuild_and_compare(
            settings=Settings.from_environment(home=home), release_id=release, console=console
        )

    _present(work, "verification", as_json=as_json, debug=debug)


@command("quarantine", "rapport quarantine orders --export bad_orders.csv")
def quarantine(
    extract: Annotated[str | None, typer.Argument(help="Only this extract.")] = None,
    export: Annotated[Path | None, typer.Option(help="Write the rows to this CSV file.")] = None,
    home: Home = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show refused rows with file, line and every reason."""

    def work(_: Console) -> dict[str, Any]:
        from orchestration.status import quarantined_rows

        return quarantined_rows(settings=Settings.from_environment(home=home), extract=extract, export=export)

    _present(work, "quarantine", as_json=as_json, debug=debug)


@command("replay", "rapport replay --repaired bad_orders.csv")
def replay(
    repaired: Annotated[
        Path | None, typer.Option(help="What `rapport quarantine --export` wrote, corrected.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Try refused rows again, as they came or as corrected; the next run publishes what passes."""

    def work(console: Console) -> dict[str, Any]:
        from orchestration.replay import replay as try_again

        return try_again(settings=Settings.from_environment(home=home), repaired=repaired, console=console)

    _present(work, "replay", as_json=as_json, debug=debug)


def _present(work: Callable[[Console], dict[str, Any]], kind: str, *, as_json: bool, debug: bool) -> None:
    """Do the work, show its result, and turn a mistake into a sentence and an exit code."""
    stream = sys.stderr if as_json else sys.stdout
    # Names of files and words of extracts are shown as they are: no markup, no emoji.
    console = Console(
        file=stream,
        soft_wrap=True,
        width=None if stream.isatty() else PLAIN_WIDTH,
        markup=False,
        emoji=False,
    )
    try:
        result = work(console)
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            traceback.print_exc()
        message, code = ending_of(error)
        if as_json:
            sys.stdout.write(json.dumps({"error": message, "exit_code": code}, ensure_ascii=False) + "\n")
        Console(stderr=True, soft_wrap=True, markup=False, emoji=False).print(
            message, style="red", highlight=False
        )
        raise typer.Exit(code) from None
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, default=str, indent=2) + "\n")
    else:
        from orchestration.summary import show

        show(kind=kind, result=result, console=console)


def main() -> None:
    """Run the command line."""
    app()
