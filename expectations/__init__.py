"""Guards of the two borders, arrival and release; between them dbt's tests do the same work.

What belongs here: what is measured at a border (`measures/*.sql`, `arrival.py`, `publication.py`), the one
file that knows Great Expectations (`runner.py`), and what all checks of a batch amount to (`verdict.py`).
What does not: limits (`seeds/gate_limits.csv`) and when the suites run (`orchestration/assets/gate.py`).
"""
