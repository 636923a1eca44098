-- First-time buyers of a category who bought another one on the days 1 to N after ÷ first-time buyers of a category
-- whose N days lie in the period. A customer counts once per category. One category has nothing to be cross-sold.
with

-- On a day with several categories either the first or the last by name is another one.
shopping_days as (

    select
        customer_id,
        order_date,
        min(category) as first_category,
        max(category) as last_category
    from marts.order_items
    where
        is_sale and customer_id is not null and category is not null
        and order_date > $period_start and order_date <= $period_end
    group by customer_id, order_date

),

buyers as (

    select
        customer_id,
        category,
        min(order_date) as first_date
    from marts.order_items
    where is_sale and customer_id is not null and category is not null and order_date <= $period_end
    group by customer_id, category
    having min(order_date) between $period_start and cast($period_end as date) - $kpi_cross_sell_days

),

crossed as (

    select distinct
        buyers.customer_id,
        buyers.category
    from buyers
    inner join shopping_days
        on
            buyers.customer_id = shopping_days.customer_id
            and shopping_days.order_date > buyers.first_date
            and shopping_days.order_date <= buyers.first_date + $kpi_cross_sell_days
    where shopping_days.first_category <> buyers.category or shopping_days.last_category <> buyers.category

),

outcomes as (

    select
        buyers.category,
        crossed.customer_id is not null as has_crossed
    from buyers
    left join crossed on buyers.customer_id = crossed.customer_id and buyers.category = crossed.category

)

select
    case when grouping(category) = 1 then 'all' else 'category:' || category end as segment,
    count(*) filter (where has_crossed) as numerator,
    count(*) as denominator
from outcomes
where (select count(distinct category) from marts.order_items where is_sale and order_date <= $period_end) > 1
group by grouping sets ((), (category))
