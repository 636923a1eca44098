-- One tier per customer and day; without a gap from the first order on, but for years that ended without an order.
with periods as (
    select
        customer_id,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by customer_id order by valid_from) as next_valid_from
    from {{ ref('rfm_tier_history') }}
),

sales as (
    select customer_id, order_date, min(order_date) over (partition by customer_id) as first_order_date
    from {{ ref('orders') }}
    where is_sale and customer_id is not null
),

overlapping as (
    select customer_id, valid_from
    from periods
    where
        valid_to < valid_from
        or (next_valid_from is not null and (valid_to is null or valid_to >= next_valid_from))
),

-- A first order without a tier on its day, or an evaluation that passed over a buyer of the year that it ended.
missing as (
    select sales.customer_id, sales.order_date as valid_from
    from sales
    left join periods
        on periods.customer_id = sales.customer_id and periods.valid_from = sales.order_date
    where sales.order_date = sales.first_order_date and periods.customer_id is null
    union all
    select sales.customer_id, dates.evaluated_on
    from sales
    inner join {{ ref('int_evaluation_dates') }} as dates
        on
            dates.purpose = 'tiers'
            and sales.order_date <= dates.evaluated_on
            and sales.order_date > {{ years_after('dates.evaluated_on', '-1') }}
    left join periods
        on
            periods.customer_id = sales.customer_id
            and periods.valid_from = {{ days_after('dates.evaluated_on', 1) }}
    where periods.customer_id is null
)

select customer_id, valid_from from overlapping
union all
select customer_id, valid_from from missing
