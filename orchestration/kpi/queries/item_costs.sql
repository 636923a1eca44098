-- How much of what was sold has a known cost, and which share of its revenue that cost is.
select
    cast(coalesce(sum(items.net_revenue), 0) as double) as item_revenue,
    cast(coalesce(sum(items.net_revenue) filter (where products.unit_cost is not null), 0) as double) as known_revenue,
    cast(
        coalesce(sum((items.quantity - items.refunded_quantity) * products.unit_cost), 0) as double
    ) as known_cost
from marts.order_items as items
left join staging.stg_products as products on items.product_id = products.product_id
where items.is_sale and items.order_date <= $as_of
