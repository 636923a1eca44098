"""Statistics in Python: pure functions, frame in, frame out; no files, no clock, no environment.

A folder per question: `identity` (who is one person), `customer_value`, `churn`, `next_order`, `recommendations` (what is
foretold), `retention`, `effects` (of festivals and campaigns), `scorecard`. Beside them stands what several of them need:
settings, cards and drift of predictions, intervals, deciles, contracts of frames.
"""
