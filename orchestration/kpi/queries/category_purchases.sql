-- What each customer buys again: a row per customer and category, with the gap after which it is due. The customer's
-- own median gap where there are enough gaps; else the median of all customers, if the category is one that is
-- re-bought. Only lines of successful orders of which something was kept.
create or replace temp table category_purchases as
with

days as (

    select distinct
        customer_id,
        category,
        order_date
    from marts.order_items
    where
        is_sale
        and customer_id is not null
        and category is not null
        and quantity > refunded_quantity
        and order_date <= $as_of

),

gaps as (

    select
        customer_id,
        category,
        order_date,
        order_date - lag(order_date) over (partition by customer_id, category order by order_date) as gap_days
    from days

),

own as (

    select
        customer_id,
        category,
        max(order_date) as last_bought_on,
        count(*) as purchase_days,
        median(gap_days) as median_gap_days
    from gaps
    group by customer_id, category

),

categories as (

    select
        gaps.category,
        median(gaps.gap_days) as median_gap_days
    from gaps
    group by gaps.category
    having
        count(gaps.gap_days) >= $min_category_gaps
        and count(distinct case when gaps.gap_days is not null then gaps.customer_id end)
        >= $min_category_share * count(distinct gaps.customer_id)

),

final as (

    select
        own.customer_id,
        own.category,
        own.last_bought_on,
        own.purchase_days,
        own.purchase_days > $min_own_gaps as is_own_gap,
        -- Half a day more is a day later: nobody is reminded before the gap is over.
        cast(
            ceil(
                case when own.purchase_days > $min_own_gaps then own.median_gap_days else categories.median_gap_days end
            ) as integer
        ) as gap_days
    from own
    left join categories on own.category = categories.category

)

select * from final where gap_days is not null
