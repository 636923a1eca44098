"""Great Expectations takes seconds to import; nothing pays for it before the first evaluation."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_gates_does_not_import_great_expectations() -> None:
    code = (
        "import sys;"
        "from expectations import arrival, publication, runner, verdict;"
        "sys.exit('great_expectations' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
