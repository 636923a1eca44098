{{ config(pre_hook="{{ forget(
    key_hash(['platform', 'order_id']) ~ ' in (select order_hash from ' ~ ref('int_restated_orders') ~ ')'
    ~ ' or product_id in (select product_id from ' ~ ref('int_changed_products') ~ ')'
) }}") }}
with

items as (

    select * from {{ ref('stg_order_items') }}
    {% if is_continued('order_items') %}
    where
        {{ key_hash(['platform', 'order_id']) }} in (select order_hash from {{ ref('int_restated_orders') }})
        or product_id in (select product_id from {{ ref('int_changed_products') }})
    {% endif %}

),

orders as (

    select * from {{ ref('orders') }}

),

products as (

    select * from {{ ref('stg_products') }}

),

final as (

    select
        items.platform,
        items.order_id,
        items.line_no,
        orders.customer_id,
        orders.order_date,
        orders.is_sale,
        items.product_id,
        products.category,
        products.brand,
        items.quantity,
        items.unit_price,
        items.discount_amount,
        items.refunded_quantity,
        cast(
            case
                when not orders.is_sale or items.quantity = 0 then 0
                when items.refunded_quantity = 0
                    then items.unit_price * items.quantity - items.discount_amount
                else {{ share_of_amount(
                    '(items.unit_price * items.quantity - items.discount_amount)',
                    '(items.quantity - items.refunded_quantity)',
                    'items.quantity'
                ) }}
            end as decimal(18, 2)
        ) as net_revenue
    from items
    -- A line without its order (refused, or after the as-of date) has no date and no buyer: the ledger counts it.
    inner join orders on items.platform = orders.platform and items.order_id = orders.order_id
    left join products on items.product_id = products.product_id

)

select * from final
