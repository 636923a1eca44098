-- The wait that each customer who had placed an order was in at the end of a day.
select
    customer_id,
    gaps,
    log_gaps_millionths,
    $cut_date - order_date as waited_days
from order_waits
where order_date <= $cut_date and (ordered_again_on is null or ordered_again_on > $cut_date)
order by customer_id
