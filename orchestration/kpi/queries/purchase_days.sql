-- Purchase days of every buyer with their money: purchase days, not orders, because a second order on one day is one
-- visit to the shop. Money is net revenue, or less the cost of what was kept; a line whose product has no known cost is
-- taken at the mean cost share of those that have one ($cost_share, 0 where money is net revenue).
create or replace temp table purchase_days as
with

costs as (

    select
        items.platform,
        items.order_id,
        sum(
            case
                when products.unit_cost is not null
                    then (items.quantity - items.refunded_quantity) * products.unit_cost
                else items.net_revenue * $cost_share
            end
        ) as cost
    from marts.order_items as items
    left join staging.stg_products as products on items.product_id = products.product_id
    where $is_margin and items.is_sale and items.order_date <= $as_of
    group by items.platform, items.order_id

),

final as (

    select
        orders.customer_id,
        orders.order_date,
        cast(
            sum(
                orders.net_revenue
                - case when $is_margin then coalesce(costs.cost, orders.net_revenue * $cost_share) else 0 end
            ) as decimal(18, 2)
        ) as money
    from marts.orders as orders
    left join costs on orders.platform = costs.platform and orders.order_id = costs.order_id
    where orders.is_sale and orders.customer_id is not null and orders.order_date <= $as_of
    group by orders.customer_id, orders.order_date

)

select * from final
