"""`python -m orchestration` is `rapport`."""

from orchestration.cli import main

main()
