-- As for orders: only lines that came more than once are sorted. Lines have no clock; what was given back only grows.
with

source as (

    select * from {{ source('raw', 'order_items') }}

),

repeated_keys as (

    select {{ key_hash(['platform', 'order_id', 'line_no']) }} as key_hash
    from source
    group by 1
    having count(*) > 1

),

final as (

    select
        {{ key_hash(['source.platform', 'source.order_id', 'source.line_no']) }} as key_hash,
        source.platform,
        source.order_id,
        source.line_no,
        source.product_id,
        source.quantity,
        source.unit_price,
        source.discount_amount,
        source.refunded_quantity,
        source._is_new as is_new,
        row_number() over (
            partition by source.platform, source.order_id, source.line_no
            order by
                source.refunded_quantity desc nulls last,
                source._row_hash desc
        ) as version_number
    from source
    inner join repeated_keys
        on {{ key_hash(['source.platform', 'source.order_id', 'source.line_no']) }} = repeated_keys.key_hash

)

select * from final
