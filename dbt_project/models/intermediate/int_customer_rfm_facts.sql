-- What is scored: each customer on the as-of date, on the last day before each yearly evaluation of tiers, on the
-- days that releases told, and on the day of the first order.
with dates as (
    select purpose, evaluated_on from {{ ref('int_evaluation_dates') }} where purpose in ('scores', 'tiers', 'told')
),

periods as (
    {{ rule_values_on_days(ref('rfm_weights'), 'dates', ['period_months']) }}
),

orders as (
    select customer_id, order_date, is_sale, net_revenue, order_number
    from {{ ref('orders') }}
    where customer_id is not null
),

order_days as (
    select days.order_date, periods.evaluated_on
    from (select distinct order_date from orders) as days
    inner join periods
        on
            days.order_date <= periods.evaluated_on
            and days.order_date > {{ months_after('periods.evaluated_on', '-periods.period_months') }}
),

evaluated as (
    select
        orders.customer_id,
        order_days.evaluated_on,
        max(case when orders.is_sale then orders.order_date end) as last_order_date,
        count(case when orders.is_sale then 1 end) as frequency,
        sum(orders.net_revenue) as net_revenue,
        count(case when orders.order_number = 1 then 1 end) > 0 as is_provisional
    from orders
    inner join order_days on order_days.order_date = orders.order_date
    group by orders.customer_id, order_days.evaluated_on
),

first_day as (
    select
        orders.customer_id,
        orders.order_date,
        count(case when orders.is_sale then 1 end) as frequency,
        sum(orders.net_revenue) as net_revenue
    from orders
    inner join orders as first_orders
        on first_orders.customer_id = orders.customer_id and first_orders.order_date = orders.order_date
    where first_orders.order_number = 1
    group by orders.customer_id, orders.order_date
),

final as (
    select
        evaluated.customer_id,
        dates.purpose,
        evaluated.evaluated_on,
        evaluated.last_order_date,
        evaluated.frequency,
        evaluated.net_revenue,
        evaluated.is_provisional
    from evaluated
    inner join dates on dates.evaluated_on = evaluated.evaluated_on
    where evaluated.frequency > 0
    union all
    select customer_id, 'first_order', order_date, order_date, frequency, net_revenue, true
    from first_day
)

select
    customer_id,
    purpose,
    evaluated_on,
    last_order_date,
    cast(frequency as integer) as frequency,
    cast(net_revenue as decimal(18, 2)) as net_revenue,
    is_provisional
from final
