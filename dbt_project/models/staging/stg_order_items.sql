with

source as (

    select * from {{ source('raw', 'order_items') }}

),

versions as (

    select * from {{ ref('stg_order_item_versions') }}

),

latest as (

    select
        platform,
        order_id,
        line_no,
        product_id,
        quantity,
        unit_price,
        discount_amount,
        refunded_quantity,
        _is_new as is_new
    from source
    where {{ key_hash(['platform', 'order_id', 'line_no']) }} not in (select key_hash from versions)
    union all
    select
        platform,
        order_id,
        line_no,
        product_id,
        quantity,
        unit_price,
        discount_amount,
        refunded_quantity,
        is_new
    from versions
    where version_number = 1

),

final as (

    select
        platform,
        order_id,
        line_no,
        product_id,
        quantity,
        unit_price,
        coalesce(discount_amount, 0) as discount_amount,
        coalesce(refunded_quantity, 0) as refunded_quantity,
        is_new
    from latest

)

select * from final
