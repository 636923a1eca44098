with

source as (

    select * from {{ source('raw', 'campaigns') }}

),

versions as (

    select
        campaign_id,
        variant,
        name,
        channel,
        purpose,
        sent_at,
        cost,
        row_number() over (
            partition by campaign_id, variant
            order by _ingested_at desc nulls last, _file_hash desc, _line_number desc, _row_hash desc
        ) as version_number
    from source

),

final as (

    select
        campaign_id,
        variant,
        name,
        channel,
        purpose,
        sent_at,
        cost
    from versions
    where version_number = 1

)

select * from final
