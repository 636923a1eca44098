-- The steps visitor → registered → first order → second order → loyal: who took the next one within its days, of those
-- whose days lie in the period, and the median of the days that they took.
with

firsts as (

    select
        customer_id,
        min(order_date) as first_date,
        min(order_date) filter (where order_number = 2) as second_date,
        min(order_date) filter (where order_number = $kpi_path_loyal_orders) as loyal_date
    from marts.orders
    where is_sale and customer_id is not null and order_number in (1, 2, $kpi_path_loyal_orders)
    group by customer_id

),

customers as (

    select
        customer_id,
        cast(timezone($reporting_time_zone, timezone('UTC', first_registered_at)) as date) as registered_date
    from intermediate.int_customers

),

-- A browser that never named its customer is a visitor of its own.
visitors as (

    select
        customer_id,
        first_session_date as first_visit_date
    from intermediate.int_customer_activity
    where evaluated_on = $as_of
    union all
    select
        null as customer_id,
        cast(timezone($reporting_time_zone, timezone('UTC', min(started_at))) as date) as first_visit_date
    from intermediate.int_session_customers
    where customer_id is null
    group by visitor_hash

),

-- Whoever took the next step first, or on a day that nobody knows, never stood on this one.
steps as (

    select
        'visitor_to_registered' as step,
        visitors.first_visit_date as entered_date,
        customers.registered_date as reached_date,
        $kpi_path_register_days as days_allowed
    from visitors
    left join customers on visitors.customer_id = customers.customer_id
    where
        (visitors.customer_id is null or customers.registered_date >= visitors.first_visit_date)
        and exists (select 1 from customers where registered_date is not null)
    union all
    select
        'registered_to_first' as step,
        customers.registered_date as entered_date,
        firsts.first_date as reached_date,
        $kpi_path_first_order_days as days_allowed
    from customers
    left join firsts on customers.customer_id = firsts.customer_id
    where firsts.first_date is null or firsts.first_date >= customers.registered_date
    union all
    select
        'first_to_second' as step,
        first_date as entered_date,
        second_date as reached_date,
        $kpi_path_second_order_days as days_allowed
    from firsts
    union all
    select
        'second_to_loyal' as step,
        second_date as entered_date,
        loyal_date as reached_date,
        $kpi_path_loyal_days as days_allowed
    from firsts

),

taken as (

    select
        step,
        case when reached_date <= entered_date + days_allowed then reached_date - entered_date end as days_taken
    from steps
    where entered_date between $period_start and cast($period_end as date) - days_allowed

),

counted as (

    select
        step,
        count(*) as entered,
        count(days_taken) as taken,
        median(days_taken) as days
    from taken
    group by step

)

select 'customer_path_rate' as kpi, step as segment, taken as numerator, entered as denominator,
    null as value, entered as n
from counted
union all
select 'customer_path_days' as kpi, step as segment, null as numerator, null as denominator, days as value, taken as n
from counted
