-- Histories as they stood at the cut, with what followed, one row per buyer, from purchase_days.sql.
select
    customer_id,
    cast(count(*) filter (where order_date <= $cut_date) - 1 as integer) as frequency,
    cast(max(order_date) filter (where order_date <= $cut_date) - min(order_date) as integer) as recency_days,
    cast($cut_date - min(order_date) as integer) as age_days,
    cast(arg_min(money, order_date) as decimal(18, 2)) as first_money,
    cast(
        sum(money) filter (where order_date <= $cut_date) - arg_min(money, order_date) as decimal(18, 2)
    ) as repeat_money,
    cast(count(*) filter (where order_date <= $cut_date and order_date > $year_before) as integer)
        as last_year_orders,
    cast(
        coalesce(sum(money) filter (where order_date <= $cut_date and order_date > $year_before), 0) as decimal(18, 2)
    ) as last_year_money,
    cast(count(*) filter (where order_date > $cut_date) as integer) as holdout_orders,
    cast(coalesce(sum(money) filter (where order_date > $cut_date), 0) as decimal(18, 2)) as holdout_money
from purchase_days
where order_date <= $as_of
group by customer_id
having min(order_date) <= $cut_date
order by customer_id
