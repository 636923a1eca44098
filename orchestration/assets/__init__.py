"""The flow, in its order: landing, raw, (dbt) staging to governance, kpi, serving, gate, release."""

from orchestration.assets.gate import arrival_gate, publication_gate
from orchestration.assets.kpi import KPI_ASSETS
from orchestration.assets.raw import RAW_ASSETS, extract_files
from orchestration.assets.release import current_release
from orchestration.assets.warehouse import serving, warehouse

ASSETS = [extract_files, *RAW_ASSETS, warehouse, *KPI_ASSETS, serving, publication_gate, current_release]
CHECKS = [arrival_gate]
