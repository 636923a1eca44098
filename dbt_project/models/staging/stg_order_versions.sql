-- Only keys that came more than once are sorted; sorting all orders to find a few changed ones costs ten times as much.
with

source as (

    select * from {{ source('raw', 'orders') }}

),

status_ranks as (

    select
        status,
        max(status_rank) as status_rank
    from {{ ref('order_statuses') }}
    group by status

),

repeated_keys as (

    select {{ key_hash(['platform', 'order_id']) }} as key_hash
    from source
    group by 1
    having count(*) > 1

),

final as (

    select
        {{ key_hash(['source.platform', 'source.order_id']) }} as key_hash,
        source.platform,
        source.order_id,
        source.account_id,
        source.ordered_at,
        source.updated_at,
        source.status,
        source.payment_method,
        source.currency,
        source.gross_amount,
        source.discount_amount,
        source.shipping_amount,
        source.paid_amount,
        source.refunded_amount,
        source.coupon_code,
        source.campaign_id,
        source.device,
        source._is_new as is_new,
        -- Two keys may share a hash, so versions are told apart by the key itself. Versions of one moment: money
        -- given back stays given back, a status does not go back; neither depends on which file came first.
        row_number() over (
            partition by source.platform, source.order_id
            order by
                coalesce(source.updated_at, source.ordered_at) desc nulls last,
                source.refunded_amount desc nulls last,
                status_ranks.status_rank desc nulls last,
                source._row_hash desc
        ) as version_number
    from source
    inner join repeated_keys
        on {{ key_hash(['source.platform', 'source.order_id']) }} = repeated_keys.key_hash
    left join status_ranks
        on source.status = status_ranks.status

)

select * from final
