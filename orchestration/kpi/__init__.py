"""The KPI stage: reads counted rows from the marts, calls `models/`, writes the tables of schema `kpi`."""
