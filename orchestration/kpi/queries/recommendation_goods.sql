-- Every product with its order lines of late, and whether anybody could have it: ordered or put into a cart of late.
with

ordered as (

    select
        product_number,
        count(*) filter (where $cut_date - order_date < $popular_days) as recent_orders,
        count(*) filter (where $cut_date - order_date < $available_days) > 0 as is_available
    from recommendation_orders
    where order_date <= $cut_date
    group by product_number

),

in_carts as (

    select distinct product_number
    from recommendation_browsing
    where
        is_cart_addition and viewed_at < $cut_at and date_sub('day', viewed_at, $cut_at) < $available_days

)

select
    cast(products.product_number as bigint) as product_number,
    products.product_id,
    coalesce(ordered.recent_orders, 0) as recent_orders,
    coalesce(ordered.is_available, false) or in_carts.product_number is not null as is_available
from recommendation_products as products
left join ordered on products.product_number = ordered.product_number
left join in_carts on products.product_number = in_carts.product_number
order by products.product_number
