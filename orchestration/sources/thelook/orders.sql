-- One order each. The order table has no money: an order is worth the sum of its items.
with

item_totals as (

    select
        order_id,
        sum(cast(sale_price as decimal(18, 2))) as gross_amount
    from item_rows
    group by order_id

),

valued_orders as (

    select
        order_rows.*,
        coalesce(item_totals.gross_amount, 0) as gross_amount
    from order_rows
    left join item_totals on order_rows.order_id = item_totals.order_id

)

select
    cast(order_id as varchar) as order_id,
    'thelook' as platform,
    cast(user_id as varchar) as account_id,
    created_at as ordered_at,
    greatest(created_at, shipped_at, delivered_at, returned_at) as updated_at,
    case status
        when 'Processing' then 'paid'
        when 'Complete' then 'completed'
        when 'Returned' then 'refunded'
        else lower(status)
    end as status,
    'USD' as currency,
    gross_amount,
    0 as discount_amount,
    0 as shipping_amount,
    -- a cancelled order was never charged; a returned one was, and the money went back
    case when status = 'Cancelled' then 0 else gross_amount end as paid_amount,
    case when status = 'Returned' then gross_amount else 0 end as refunded_amount
from valued_orders
