-- Days from the first purchase day to the as-of date; 0 without any.
select cast(coalesce($as_of - min(order_date), 0) as integer) as known_days
from purchase_days
