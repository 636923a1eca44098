-- Customers who have a taste.
select distinct cast(customer_number as bigint) as customer_number
from recommendation_tastes
order by customer_number
