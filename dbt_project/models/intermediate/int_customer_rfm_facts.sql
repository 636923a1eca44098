-- What is scored: each customer on each yearly evaluation, and provisionally on the day of the first order.
with dates as (
    select evaluated_on from {{ ref('int_evaluation_dates') }} where purpose = 'tiers'
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

next_evaluations as (
    select order_date, min(evaluated_on) as next_evaluation_on from order_days group by order_date
),

yearly as (
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

first_days as (
    select orders.customer_id, orders.order_date, next_evaluations.next_evaluation_on
    from orders
    inner join next_evaluations on next_evaluations.order_date = orders.order_date
    where orders.order_number = 1 and orders.order_date < next_evaluations.next_evaluation_on
),

first_day as (
    select
        first_days.customer_id,
        first_days.order_date,
        first_days.next_evaluation_on,
        count(case when orders.is_sale then 1 end) as frequency,
        sum(orders.net_revenue) as net_revenue
    from first_days
    inner join orders
        on orders.customer_id = first_days.customer_id and orders.order_date = first_days.order_date
    group by first_days.customer_id, first_days.order_date, first_days.next_evaluation_on
),

successors as (
    select evaluated_on, lead(evaluated_on) over (order by evaluated_on) as next_evaluation_on from dates
),

final as (
    select
        yearly.customer_id,
        yearly.evaluated_on,
        successors.next_evaluation_on,
        yearly.last_order_date,
        yearly.frequency,
        yearly.net_revenue,
        yearly.is_provisional
    from yearly
    inner join successors on successors.evaluated_on = yearly.evaluated_on
    where yearly.frequency > 0
    union all
    select customer_id, order_date, next_evaluation_on, order_date, frequency, net_revenue, true
    from first_day
)

select
    customer_id,
    evaluated_on,
    next_evaluation_on,
    last_order_date,
    cast(frequency as integer) as frequency,
    cast(net_revenue as decimal(18, 2)) as net_revenue,
    is_provisional
from final
