-- Delivery events carry no id: the whole row is the key, so an equal row is the same event.
with

source as (

    select * from {{ source('raw', 'campaign_events') }}

),

final as (

    select distinct
        campaign_id,
        variant,
        platform,
        account_id,
        event_type,
        event_at,
        coalesce(is_machine, false) as is_machine
    from source

)

select * from final
