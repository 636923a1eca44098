-- What was known of each customer who had placed an order when the day of the cut ended. Three things that later days
-- tell are left out, though they concern days before: what became of an order (status, refunds), how a visit went on
-- after the cut, and who an anonymous visitor turned out to be (only visits with a log-in of their own count).
with

purchase_days as (

    select
        customer_id,
        order_date,
        sum(gross_amount) as ordered_amount,
        max(case when discount_amount > 0 then 1 else 0 end) as is_discounted
    from marts.orders
    where customer_id is not null and status <> 'credit_note' and ordered_at < $cut_at
    group by customer_id, order_date

),

purchases as (

    select
        customer_id,
        cast(count(*) - 1 as integer) as frequency,
        cast(max(order_date) - min(order_date) as integer) as recency_days,
        cast($cut_date - min(order_date) as integer) as age_days,
        cast($cut_date - max(order_date) as integer) as days_since_last_order,
        count(*) filter (where $cut_date - order_date < $short_days) as order_days_short,
        count(*) filter (where $cut_date - order_date < $middle_days) as order_days_middle,
        count(*) filter (where $cut_date - order_date < $long_days) as order_days_long,
        cast(sum(ordered_amount) as double) / count(*) as mean_ordered_amount,
        sum(is_discounted) / count(*) as discounted_share
    from purchase_days
    group by customer_id

),

visits as (

    select
        accounts.customer_id,
        min(date_sub('day', sessions.started_at, $cut_at)) as days_since_last_visit,
        count(*) filter (where date_sub('day', sessions.started_at, $cut_at) < $short_days) as visits_short,
        count(*) filter (where date_sub('day', sessions.started_at, $cut_at) < $middle_days) as visits_middle,
        count(*) filter (
            where sessions.cart_additions > 0 and date_sub('day', sessions.started_at, $cut_at) < $middle_days
        ) as cart_visits_middle,
        coalesce(sum(sessions.product_views) filter (
            where date_sub('day', sessions.started_at, $cut_at) < $middle_days
        ), 0) as product_views_middle
    from intermediate.int_sessions as sessions
    inner join intermediate.int_account_customers as accounts
        on sessions.platform = accounts.platform and sessions.account_id = accounts.account_id
    where sessions.ended_at < $cut_at
    group by accounts.customer_id

),

service as (

    select
        customer_id,
        count(*) filter (where date_sub('day', created_at, $cut_at) < $long_days) as tickets_long,
        count(*) filter (
            where category = 'complaint' and date_sub('day', created_at, $cut_at) < $long_days
        ) as complaints_long,
        count(*) filter (where resolved_at is null or resolved_at >= $cut_at) as open_tickets,
        sum(satisfaction) filter (where resolved_at < $cut_at)
        / nullif(count(satisfaction) filter (where resolved_at < $cut_at), 0) as mean_satisfaction
    from marts.tickets
    where customer_id is not null and created_at < $cut_at
    group by customer_id

)

select
    purchases.*,
    visits.days_since_last_visit,
    coalesce(visits.visits_short, 0) as visits_short,
    coalesce(visits.visits_middle, 0) as visits_middle,
    coalesce(visits.cart_visits_middle, 0) as cart_visits_middle,
    coalesce(visits.product_views_middle, 0) as product_views_middle,
    coalesce(service.tickets_long, 0) as tickets_long,
    coalesce(service.complaints_long, 0) as complaints_long,
    coalesce(service.open_tickets, 0) as open_tickets,
    service.mean_satisfaction
from purchases
left join visits on purchases.customer_id = visits.customer_id
left join service on purchases.customer_id = service.customer_id
order by purchases.customer_id
