{{ config(tags=['serving']) }}

-- Whoever left a cross segment stands in another one: nobody is forgotten between two months.
with segments as (
    select * from {{ ref('segments') }}
),

broken as (
    select value_level, activity_level, lifecycle_stage
    from segments
    where
        customers <> customers_last_month + customers_joined - customers_left
        or least(customers_joined, customers_left) < 0
),

totals as (
    select sum(customers_left) as customers_left, sum(customers_joined) as customers_joined from segments
)

select 'a segment' as subject from broken
union all
select 'all segments' from totals where customers_left > customers_joined
