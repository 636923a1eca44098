-- One order each. The person is `customer_unique_id`; Olist's `customer_id` is new with every order.
-- An amount that cannot be read leaves its sum empty, and the contract refuses the order.
with

item_totals as (

    select
        order_id,
        case
            when count(*) = count(try_cast(price as decimal(18, 2)))
                then sum(try_cast(price as decimal(18, 2)))
        end as gross_amount,
        case
            when count(*) = count(try_cast(freight_value as decimal(18, 2)))
                then sum(try_cast(freight_value as decimal(18, 2)))
        end as shipping_amount
    from item_rows
    group by order_id

),

payment_totals as (

    select
        order_id,
        case
            when count(*) = count(try_cast(payment_value as decimal(18, 2)))
                then sum(try_cast(payment_value as decimal(18, 2)))
        end as paid_amount,
        -- the type of the largest payment; the name decides a tie
        arg_min(payment_type, (-try_cast(payment_value as decimal(18, 2)), payment_type)) as payment_method
    from payment_rows
    group by order_id

)

select
    order_rows.order_id,
    'olist' as platform,
    customer_rows.customer_unique_id as account_id,
    order_rows.order_purchase_timestamp as ordered_at,
    -- timestamps of one fixed text form compare as text; a later dump of the order carries a later step
    greatest(
        order_rows.order_purchase_timestamp,
        order_rows.order_approved_at,
        order_rows.order_delivered_carrier_date,
        order_rows.order_delivered_customer_date
    ) as updated_at,
    case order_rows.order_status
        when 'created' then 'pending'
        when 'approved' then 'paid'
        when 'invoiced' then 'paid'
        when 'processing' then 'paid'
        when 'canceled' then 'cancelled'
        else order_rows.order_status
    end as status,
    payment_totals.payment_method,
    'BRL' as currency,
    -- 154 orders list no items: their goods are unknown, their payments are not
    case when item_totals.order_id is null then 0 else item_totals.gross_amount end as gross_amount,
    0 as discount_amount,
    case when item_totals.order_id is null then 0 else item_totals.shipping_amount end as shipping_amount,
    case when payment_totals.order_id is null then 0 else payment_totals.paid_amount end as paid_amount,
    -- the export records no refunds
    0 as refunded_amount
from order_rows
left join customer_rows on order_rows.customer_id = customer_rows.customer_id
left join item_totals on order_rows.order_id = item_totals.order_id
left join payment_totals on order_rows.order_id = payment_totals.order_id
