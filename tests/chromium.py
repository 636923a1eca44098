"""A page in a headless Chromium, watched through the DevTools protocol: what it asks for, complains of and shows.

Chromium speaks the protocol over two pipes (`--remote-debugging-pipe`), so nothing but the browser is needed, and no port
is open. Where none is installed (Debian: `apt-get install chromium`), the tests that need it are skipped.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *(
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
    ),
    "--remote-debugging-pipe",
)
PATIENCE_SECONDS = 120
FREE_DESCRIPTOR = 10
"""Pipes are moved up to here, out of the way of 3 and 4, where Chromium expects them."""
LAUNCH = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
COMPLAINTS = ("error", "warning", "assert")


@dataclass(kw_only=True)
class Visit:
    """A page that has been loaded.

    Attributes:
        requests: every address that the page asked for, in order.
        refused: those that the browser itself refused to ask for, and why.
        complaints: exceptions, and errors and warnings of the console.
    """

    browser: Browser
    session: str
    requests: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    _addresses: dict[str, str] = field(default_factory=dict)

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page."""
        answer = self.browser.ask(
            "Runtime.evaluate", {"expression": expression, "returnByValue": True}, session=self.session
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def findings(self) -> list[str]:
        """Name what is wrong with the page, whatever it shows: complaints, requests beside its own, too much width."""
        address, *more = self.requests
        width, room = self.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert self.evaluate("location.href") == address
        return [
            *self.complaints,
            *(f"asked for {url}" for url in more),
            *([f"{width} pixels wide on a screen of {room}"] if width > room else []),
        ]

    def note(self, event: dict[str, Any]) -> None:
        """Remember what an event says."""
        what, said = event["method"], event["params"]
        if what == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
            self._addresses[said["requestId"]] = said["request"]["url"]
        elif what == "Network.loadingFailed" and "blockedReason" in said:
            self.refused[self._addresses[said["requestId"]]] = said["blockedReason"]
        elif what == "Runtime.exceptionThrown":
            self.complaints.append(said["exceptionDetails"].get("text", "exception"))
        elif what == "Runtime.consoleAPICalled" and said["type"] in COMPLAINTS:
            self.complaints.append(str(said["args"]))
        elif what == "Log.entryAdded" and said["entry"]["level"] in COMPLAINTS:
            self.complaints.append(said["entry"]["text"])


class Browser:
    """A running Chromium."""

    def __init__(self, *, asks: int, answers: int) -> None:
        self._asks, self._answers = asks, answers
        self._rest, self._number = b"", 0
        self._visits: dict[str, Visit] = {}

    def visit(self, address: str, *, width: int, height: int = 900) -> Visit:
        """Open a page in a window of so many pixels and wait until it has loaded."""
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        visit = self._visits[session] = Visit(browser=self, session=session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable", session=session)
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < height / 2}
        self.ask("Emulation.setDeviceMetricsOverride", metrics, session=session)
        self.ask("Page.navigate", {"url": address}, session=session)
        while not visit.evaluate("document.readyState === 'complete' && location.href !== 'about:blank'"):
            time.sleep(0.05)
        return visit

    def ask(self, method: str, parameters: dict[str, Any] | None = None, session: str | None = None) -> Any:
        """Send a command and return its answer; events on the way are noted at their visit."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters or {}}
        os.write(
            self._asks, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0"
        )
        while True:
            said = self._next()
            if said.get("id") == self._number:
                assert "error" not in said, said
                return said["result"]
            if said.get("sessionId") in self._visits:
                self._visits[said["sessionId"]].note(said)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], PATIENCE_SECONDS)
            part = os.read(self._answers, 1 << 16) if ready else b""
            assert part, "Chromium does not answer"
            self._rest += part
        first, self._rest = self._rest.split(b"\0", 1)
        said: dict[str, Any] = json.loads(first)
        return said


def find_chromium() -> str:
    """Return where Chromium is; skip the test where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium on this machine (looked for {', '.join(NAMES)})")
    return found


@contextmanager
def running_chromium(profile: Path) -> Iterator[Browser]:
    """Run Chromium with a profile folder of its own."""
    program = find_chromium()
    asked, asks = _moved_up(os.pipe())
    answers, answered = _moved_up(os.pipe())
    command = [program, *SWITCHES, f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCH, str(asked), str(answered), *command],
        pass_fds=(asked, answered),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in (asked, answered):
        os.close(end)
    browser = Browser(asks=asks, answers=answers)
    try:
        yield browser
        browser.ask("Browser.close")
    finally:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for end in (asks, answers):
            os.close(end)


def _moved_up(ends: tuple[int, int]) -> tuple[int, int]:
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, FREE_DESCRIPTOR) for end in ends)
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
