-- Both sides of the matrix are added up: nobody may get lost between two months, and only `new` comes from outside.
with ends as (
    select {{ months_after('month', 1) }} as month, to_tier as rfm_tier, sum(customers) as customers
    from {{ ref('tier_migrations') }}
    where {{ months_after('month', 1) }} <= {{ as_of_date() }}
    group by month, to_tier
),

starts as (
    select month, from_tier as rfm_tier, sum(customers) as customers
    from {{ ref('tier_migrations') }}
    where from_tier <> 'new'
    group by month, from_tier
)

select
    coalesce(ends.month, starts.month) as month,
    coalesce(ends.rfm_tier, starts.rfm_tier) as rfm_tier,
    ends.customers as customers_at_the_end,
    starts.customers as customers_at_the_start
from ends
full join starts on starts.month = ends.month and starts.rfm_tier = ends.rfm_tier
where coalesce(ends.customers, 0) <> coalesce(starts.customers, 0)
