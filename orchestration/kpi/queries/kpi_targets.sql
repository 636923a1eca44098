select
    kpi,
    segment,
    direction,
    cast(target as double) as target,
    unit,
    cast(period_months as integer) as period_months
from seeds.kpi_targets
where valid_from <= $as_of
qualify row_number() over (partition by kpi, segment order by valid_from desc) = 1
order by kpi, segment
