-- One scan of the orders. A month is judged against the lower of two medians: of the non-empty months before
-- it and of those after it, half a year each, so that a lost quarter is no reference for itself. Some
-- months before the first order count as empty: the thin start of a shop is no reference either. Updates
-- make versions, so orders are counted distinct (approximately: 2 % do).
with monthly as (
    select
        date_trunc('month', ordered_at) as order_month,
        approx_count_distinct(hash(platform, order_id)) as orders
    from raw.orders
    group by order_month
),

bounds as (
    select
        min(order_month) as first_month,
        max(order_month) as last_month
    from monthly
),

calendar as (
    select unnest(generate_series(first_month, last_month, interval 1 month)) as order_month
    from bounds
),

neighbours as (
    select
        calendar.order_month,
        coalesce(monthly.orders, 0) as orders,
        list(monthly.orders) filter (where monthly.orders > 0) over (
            order by calendar.order_month rows between unbounded preceding and 1 preceding
        ) as orders_before,
        list(monthly.orders) filter (where monthly.orders > 0) over (
            order by calendar.order_month rows between 1 following and unbounded following
        ) as orders_after
    from calendar
    left join monthly on calendar.order_month = monthly.order_month
),

expected as (
    select
        order_month,
        orders,
        least(
            list_median(list_concat(list_resize([0], $month_thin_start, 0), orders_before)[-$month_window:]),
            list_median(orders_after[1:$month_window])
        ) as usual_orders
    from neighbours
    where orders_before is not null and orders_after is not null
)

select
    cast(null as varchar) as subject,
    case when count(*) = 0 then 1 else 0 end as orders_absent,
    0 as orders_month_missing
from monthly

union all

select
    strftime(order_month, '%Y-%m') as subject,
    0 as orders_absent,
    1 - orders / usual_orders as orders_month_missing
from expected
where usual_orders >= $month_reference_orders
