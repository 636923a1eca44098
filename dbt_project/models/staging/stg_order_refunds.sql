-- Every version counts, not the latest alone: an order may change again after its refund.
with

source as (

    select * from {{ source('raw', 'orders') }}

),

final as (

    select
        platform,
        order_id,
        min(updated_at) as refunded_at
    from source
    where refunded_amount > 0
    group by platform, order_id

)

select * from final
