-- The difference of the two shares, over as many customers as stand after the CRM began: how many more of them came
-- back than would have at the share of before.
select
    segment,
    difference * after_customers as numerator,
    after_customers as denominator
from kpi.retention_before_after
where metric = $metric and segment = 'all'
