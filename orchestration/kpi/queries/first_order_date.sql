-- The day from which the data covers the shop.
select min(order_date) as first_order_date from marts.orders
