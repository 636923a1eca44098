{{ config(pre_hook="{{ forget(
    'customer_id in (select customer_id from ' ~ ref('int_restated_customers') ~ ')'
    ~ ' or ' ~ key_hash(['platform', 'order_id']) ~ ' in (select order_hash from ' ~ ref('int_restated_orders') ~ ')'
) }}") }}
with

orders as (

    select * from {{ ref('int_orders') }}

),

pieces as (

    select
        platform,
        order_id,
        sum(quantity) as item_count
    from {{ ref('stg_order_items') }}
    {% if is_continued('orders') %}
    where {{ key_hash(['platform', 'order_id']) }} in (select {{ key_hash(['platform', 'order_id']) }} from orders)
    {% endif %}
    group by 1, 2

),

numbered as (

    select
        *,
        row_number() over (
            partition by customer_id, is_sale order by ordered_at, platform, order_id
        ) as position
    from orders

),

final as (

    select
        numbered.platform,
        numbered.order_id,
        numbered.account_id,
        numbered.customer_id,
        numbered.ordered_at,
        {{ reporting_date('numbered.ordered_at') }} as order_date,
        numbered.status,
        numbered.is_sale,
        numbered.gross_amount,
        numbered.discount_amount,
        numbered.shipping_amount,
        numbered.paid_amount,
        numbered.refunded_amount,
        cast(
            case
                when numbered.is_sale then numbered.paid_amount - numbered.refunded_amount
                -- Money given back that belongs to no known order.
                when numbered.status = 'credit_note' then -numbered.refunded_amount
                else 0
            end as decimal(18, 2)
        ) as net_revenue,
        cast(pieces.item_count as integer) as item_count,
        cast(
            case when numbered.is_sale and numbered.customer_id is not null then numbered.position end as integer
        ) as order_number,
        numbered.currency,
        numbered.payment_method,
        numbered.device,
        numbered.coupon_code,
        numbered.campaign_id
    from numbered
    left join pieces on numbered.platform = pieces.platform and numbered.order_id = pieces.order_id

)

select * from final
