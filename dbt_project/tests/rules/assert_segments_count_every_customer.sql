{{ config(tags=['serving']) }}

with segments as (
    select
        coalesce(sum(customers), 0) as customers,
        coalesce(sum(net_revenue_12m), 0) as net_revenue_12m
    from {{ ref('segments') }}
),

served as (
    select
        count(*) as customers,
        coalesce(sum(net_revenue_12m), 0) as net_revenue_12m
    from {{ ref('customer_360') }}
)

select
    segments.customers as segment_customers,
    served.customers,
    segments.net_revenue_12m as segment_net_revenue_12m,
    served.net_revenue_12m
from segments
cross join served
where segments.customers <> served.customers or segments.net_revenue_12m <> served.net_revenue_12m
