-- One pass over the orders for all evaluation days; days come first, so the join to the orders is an equality.
-- The 12 months of the promised names (orders_12m, …) are fixed by these names; the period of the rules is a seed row.
with dates as (
    select evaluated_on from {{ ref('int_evaluation_dates') }} where purpose = 'segments'
),

periods as (
    {{ rule_values_on_days(ref('rfm_weights'), 'dates', ['period_months']) }}
),

order_days as (
    select
        periods.evaluated_on,
        days.order_date,
        days.order_date > {{ months_after('periods.evaluated_on', '-12') }} as is_in_12m,
        days.order_date > {{ months_after('periods.evaluated_on', '-periods.period_months') }} as is_in_period
    from (select distinct order_date from {{ ref('orders') }}) as days
    inner join periods on periods.evaluated_on >= days.order_date
),

-- Money given back without a known order (credit note) lowers net revenue; it was never ordered.
facts as (
    select
        orders.customer_id,
        order_days.evaluated_on,
        order_days.order_date,
        order_days.is_in_12m,
        order_days.is_in_period,
        orders.ordered_at,
        orders.is_sale,
        orders.item_count,
        orders.net_revenue,
        orders.status <> 'credit_note' as is_placed
    from {{ ref('orders') }} as orders
    inner join order_days on order_days.order_date = orders.order_date
    where orders.customer_id is not null
),

final as (
    select
        customer_id,
        evaluated_on,
        min(case when is_placed then order_date end) as first_placed_date,
        max(case when is_placed then order_date end) as last_placed_date,
        max(case when is_placed then ordered_at end) as last_placed_at,
        min(case when is_sale then ordered_at end) as first_order_at,
        max(case when is_sale then ordered_at end) as last_order_at,
        max(case when is_sale then order_date end) as last_order_date,
        count(case when is_sale then 1 end) as lifetime_orders,
        cast(sum(net_revenue) as decimal(18, 2)) as lifetime_net_revenue,
        count(case when is_placed and is_in_period then 1 end) as placed_orders_in_period,
        count(case when is_sale and is_in_period then 1 end) as orders_in_period,
        count(case when is_sale and is_in_12m then 1 end) as orders_12m,
        cast(sum(case when is_sale and is_in_12m then item_count else 0 end) as bigint) as items_12m,
        cast(sum(case when is_in_12m then net_revenue else 0 end) as decimal(18, 2)) as net_revenue_12m
    from facts
    group by customer_id, evaluated_on
)

select
    customer_id,
    evaluated_on,
    first_placed_date,
    last_placed_date,
    last_placed_at,
    first_order_at,
    last_order_at,
    last_order_date,
    lifetime_orders,
    lifetime_net_revenue,
    placed_orders_in_period,
    orders_in_period,
    orders_12m,
    items_12m,
    net_revenue_12m
from final
