-- All tastes of some customers, numbered from the newest; an order before a look, then by product.
select
    cast(tastes.customer_number as bigint) as customer_number,
    cast(tastes.product_number as bigint) as product_number,
    tastes.age_days,
    tastes.is_ordered,
    cast(row_number() over (
        partition by tastes.customer_number
        order by tastes.age_days asc, tastes.is_ordered desc, tastes.product_number asc
    ) as integer) as place
from recommendation_tastes as tastes
where
    tastes.customer_number between $first and $last
    and tastes.customer_number in (select customer_number from recommendation_asked)
order by customer_number, place
