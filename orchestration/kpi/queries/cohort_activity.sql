-- Periods ($grain: month, or week from Monday) are counted per customer first, so that two orders of one period are
-- one active customer. Money given back without a known order lowers the revenue of the customer's cohort from its
-- period on.
with

customer_periods as (

    select
        customer_id,
        cast(date_trunc($grain, order_date) as date) as active_from,
        bool_or(is_sale) as is_active,
        sum(net_revenue) as net_revenue
    from marts.orders
    where customer_id is not null and order_date <= $as_of
    group by customer_id, active_from

),

cohorts as (

    select
        customer_id,
        min(active_from) as cohort_from
    from customer_periods
    where is_active
    group by customer_id

)

select
    cohorts.cohort_from,
    customer_periods.active_from,
    count(*) filter (where customer_periods.is_active) as active_customers,
    cast(sum(customer_periods.net_revenue) as decimal(18, 2)) as net_revenue
from customer_periods
inner join cohorts on customer_periods.customer_id = cohorts.customer_id
where customer_periods.active_from >= cohorts.cohort_from
group by cohorts.cohort_from, customer_periods.active_from
order by cohorts.cohort_from, customer_periods.active_from
