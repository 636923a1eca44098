-- First-time buyers of a category who bought another one on the days 1 to N after ÷ first-time buyers of a category whose
-- N days lie in the period. A customer counts once per category. A shop of one category has nothing to cross-sell.
with

category_days as (

    select
        customer_id,
        category,
        order_date
    from marts.order_items
    where is_sale and customer_id is not null and category is not null and order_date <= $period_end
    group by customer_id, category, order_date

),

-- On a day with several categories either the first or the last by name is another one.
shopping_days as (

    select
        customer_id,
        order_date,
        min(category) as first_category,
        max(category) as last_category
    from category_days
    where order_date > $period_start
    group by customer_id, order_date

),

buyers as (

    select
        customer_id,
        category,
        min(order_date) as first_date
    from category_days
    group by customer_id, category
    having min(order_date) between $period_start and cast($period_end as date) - $kpi_cross_sell_days

),

outcomes as (

    select
        buyers.customer_id,
        buyers.category,
        count(shopping_days.order_date) > 0 as has_crossed
    from buyers
    left join shopping_days
        on
            buyers.customer_id = shopping_days.customer_id
            and shopping_days.order_date > buyers.first_date
            and shopping_days.order_date <= buyers.first_date + $kpi_cross_sell_days
            and (
                shopping_days.first_category <> buyers.category or shopping_days.last_category <> buyers.category
            )
    group by buyers.customer_id, buyers.category

)

select
    case when grouping(category) = 1 then 'all' else 'category:' || category end as segment,
    count(*) filter (where has_crossed) as numerator,
    count(*) as denominator
from outcomes
where (select count(distinct category) from category_days) > 1
group by grouping sets ((), (category))
