-- Ingestion keeps an event id once per platform, so no version step: tens of millions of rows are never sorted here.
with

source as (

    select * from {{ source('raw', 'browse_events') }}

),

final as (

    select
        event_id,
        event_at,
        platform,
        session_id,
        anonymous_id,
        account_id,
        event_type,
        product_id,
        search_term,
        device,
        source as traffic_source,
        campaign_id,
        _is_new as is_new
    from source

)

select * from final
