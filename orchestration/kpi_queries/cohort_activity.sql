-- Months are counted per customer first, so that two orders of one month are one active customer.
-- Money given back without a known order lowers the revenue of the customer's cohort from its month on.
with

customer_months as (

    select
        customer_id,
        cast(date_trunc('month', order_date) as date) as activity_month,
        bool_or(is_sale) as is_active,
        sum(net_revenue) as net_revenue
    from marts.orders
    where customer_id is not null and order_date <= $as_of
    group by customer_id, activity_month

),

cohorts as (

    select
        customer_id,
        min(activity_month) as cohort_month
    from customer_months
    where is_active
    group by customer_id

)

select
    cohorts.cohort_month,
    customer_months.activity_month,
    count(*) filter (where customer_months.is_active) as active_customers,
    cast(sum(customer_months.net_revenue) as decimal(18, 2)) as net_revenue
from customer_months
inner join cohorts on customer_months.customer_id = cohorts.customer_id
where customer_months.activity_month >= cohorts.cohort_month
group by cohorts.cohort_month, customer_months.activity_month
order by cohorts.cohort_month, customer_months.activity_month
