-- Orders up to the as-of date with their customer: all, or those that are restated.
with

account_customers as (

    select * from {{ ref('int_account_customers') }}

),

{% if is_continued('orders') %}
restated_accounts as (

    select {{ key_hash(['platform', 'account_id']) }} as account_hash
    from account_customers
    where customer_id in (select customer_id from {{ ref('int_restated_customers') }})

),

{% endif %}
orders as (

    select * from {{ ref('stg_orders') }}
    where
        ordered_at < {{ as_of_end() }}
    {% if is_continued('orders') %}
    and (
        {{ key_hash(['platform', 'account_id']) }} in (select account_hash from restated_accounts)
        or {{ key_hash(['platform', 'order_id']) }} in (select order_hash from {{ ref('int_restated_orders') }})
    )
    {% endif %}

),

statuses as (

    select status, is_sale from {{ ref('int_order_statuses') }}

),

final as (

    select
        orders.platform,
        orders.order_id,
        orders.account_id,
        account_customers.customer_id,
        orders.ordered_at,
        orders.status,
        coalesce(statuses.is_sale, false) as is_sale,
        orders.gross_amount,
        orders.discount_amount,
        orders.shipping_amount,
        orders.paid_amount,
        orders.refunded_amount,
        orders.currency,
        orders.payment_method,
        orders.device,
        orders.coupon_code,
        orders.campaign_id
    from orders
    left join account_customers
        on orders.platform = account_customers.platform and orders.account_id = account_customers.account_id
    left join statuses on orders.status = statuses.status
    {% if is_continued('orders') %}
    -- Hashes may coincide; what is inserted must be what was deleted.
    where
        account_customers.customer_id in (select customer_id from {{ ref('int_restated_customers') }})
        or {{ key_hash(['orders.platform', 'orders.order_id']) }} in (
            select order_hash from {{ ref('int_restated_orders') }}
        )
    {% endif %}

)

select * from final
