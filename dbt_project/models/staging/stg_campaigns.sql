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
            -- The name of the file dates its rows; one name twice is a file that was replaced.
            order by _file_name desc, _ingested_at desc nulls last, _line_number desc, _row_hash desc
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
