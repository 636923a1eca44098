-- Who placed an order within the horizon after the cut, and how many days after it.
select
    customer_id,
    ordered_again_on - $cut_date as days_until_order
from order_waits
where
    order_date <= $cut_date
    and ordered_again_on > $cut_date
    and ordered_again_on <= $cut_date + cast($horizon_days as integer)
order by customer_id
