with

source as (

    select * from {{ source('raw', 'orders') }}

),

versions as (

    select * from {{ ref('stg_order_versions') }}

),

latest as (

    select
        platform,
        order_id,
        account_id,
        ordered_at,
        status,
        payment_method,
        currency,
        gross_amount,
        discount_amount,
        shipping_amount,
        paid_amount,
        refunded_amount,
        coupon_code,
        campaign_id,
        device,
        _is_new as is_new
    from source
    where {{ key_hash(['platform', 'order_id']) }} not in (select key_hash from versions)
    union all
    select
        platform,
        order_id,
        account_id,
        ordered_at,
        status,
        payment_method,
        currency,
        gross_amount,
        discount_amount,
        shipping_amount,
        paid_amount,
        refunded_amount,
        coupon_code,
        campaign_id,
        device,
        is_new
    from versions
    where version_number = 1

),

final as (

    select
        platform,
        order_id,
        nullif(trim(account_id), '') as account_id,
        ordered_at,
        status,
        nullif(trim(payment_method), '') as payment_method,
        coalesce(nullif(trim(currency), ''), '{{ var("reporting_currency") }}') as currency,
        coalesce(paid_amount, 0) as paid_amount,
        -- A source that gives no list price sold at the price that was paid.
        coalesce(gross_amount, paid_amount, 0) as gross_amount,
        coalesce(discount_amount, 0) as discount_amount,
        coalesce(shipping_amount, 0) as shipping_amount,
        coalesce(refunded_amount, 0) as refunded_amount,
        nullif(trim(coupon_code), '') as coupon_code,
        nullif(trim(campaign_id), '') as campaign_id,
        nullif(trim(device), '') as device,
        is_new
    from latest

)

select * from final
