-- What was known of each customer and product when the day of the cut ended: days since the last order of it, or since
-- the last look where it was never ordered. Only looks with a log-in of their own count: who an anonymous visitor turned
-- out to be, later days tell. Sorted, so that a group of customers is read without the others.
create or replace temp table recommendation_tastes as
select
    customer_number,
    product_number,
    coalesce(min(age_days) filter (where is_ordered), min(age_days)) as age_days,
    bool_or(is_ordered) as is_ordered
from (
    select
        customer_number,
        product_number,
        cast($cut_date - order_date as integer) as age_days,
        true as is_ordered
    from recommendation_orders
    where customer_number is not null and order_date <= $cut_date
    union all
    select
        customer_number,
        product_number,
        cast(date_sub('day', viewed_at, $cut_at) as integer) as age_days,
        false as is_ordered
    from recommendation_browsing
    where
        customer_number is not null
        and viewed_at < $cut_at
        and date_sub('day', viewed_at, $cut_at) < $view_days
) as known
group by customer_number, product_number
order by customer_number
