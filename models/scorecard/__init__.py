"""Every KPI beside its target, and by month."""
