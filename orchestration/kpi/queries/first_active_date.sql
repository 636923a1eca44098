select min(first_date) as first_active_date
from (
    select min(session_date) as first_date
    from marts.sessions
    where customer_id is not null
    union all
    select min(order_date) as first_date
    from marts.orders
    where is_sale and customer_id is not null
)
where first_date <= $as_of
