-- VIP periods: earned on the first day that fulfils all conditions, valid for a year, then evaluated again.
with recursive as_of as (
    select evaluated_on from {{ ref('int_evaluation_dates') }} where purpose = 'segments' and is_current
),

rules as (
    {{ rule_values_on_days(ref('vip_rules'), 'as_of', [
        'min_orders', 'min_items', 'min_net_revenue', 'window_months', 'validity_months',
    ]) }}
),

orders as (
    select customer_id, order_date, item_count, net_revenue, case when is_sale then 1 else 0 end as sales
    from {{ ref('orders') }}
    where customer_id is not null
),

-- Whoever stays below a condition over a lifetime cannot fulfil it within a window.
candidates as (
    select orders.customer_id
    from orders
    cross join rules
    group by orders.customer_id, rules.min_orders, rules.min_items, rules.min_net_revenue
    having
        sum(orders.sales) >= rules.min_orders
        and sum(orders.sales * orders.item_count) >= rules.min_items
        and sum(orders.sales * orders.net_revenue) >= rules.min_net_revenue
),

-- An order enters the trailing window on its day and leaves it once that day lies outside.
movements as (
    select orders.customer_id, orders.order_date as moved_on, sales, sales * item_count as items, net_revenue
    from orders
    inner join candidates on candidates.customer_id = orders.customer_id
    union all
    select
        orders.customer_id,
        {{ leaves_period_on('orders.order_date', 'rules.window_months') }},
        -sales,
        -sales * item_count,
        -net_revenue
    from orders
    inner join candidates on candidates.customer_id = orders.customer_id
    cross join rules
),

days as (
    select customer_id, moved_on, sum(sales) as sales, sum(items) as items, sum(net_revenue) as net_revenue
    from movements
    group by customer_id, moved_on
),

windows as (
    select
        customer_id,
        moved_on as starts_on,
        lead(moved_on) over (partition by customer_id order by moved_on) as ends_before,
        sum(sales) over (partition by customer_id order by moved_on) as sales,
        sum(items) over (partition by customer_id order by moved_on) as items,
        sum(net_revenue) over (partition by customer_id order by moved_on) as net_revenue
    from days
),

fulfilled as (
    select windows.customer_id, windows.starts_on, windows.ends_before
    from windows
    cross join rules
    where
        windows.sales >= rules.min_orders
        and windows.items >= rules.min_items
        and windows.net_revenue >= rules.min_net_revenue
),

earned as (
    select customer_id, min(starts_on) as earned_on from fulfilled group by customer_id
    union all
    select expired.customer_id, min(greatest(fulfilled.starts_on, expired.vip_until))
    from (
        select
            earned.customer_id,
            {{ leaves_period_on('earned.earned_on', 'rules.validity_months') }} as vip_until
        from earned
        cross join rules
    ) as expired
    inner join fulfilled
        on fulfilled.customer_id = expired.customer_id and fulfilled.ends_before > expired.vip_until
    group by expired.customer_id, expired.vip_until
),

final as (
    select
        earned.customer_id,
        earned.earned_on,
        {{ leaves_period_on('earned.earned_on', 'rules.validity_months') }} as vip_until
    from earned
    cross join rules
    cross join as_of
    where earned.earned_on <= as_of.evaluated_on
)

select customer_id, earned_on, vip_until from final
