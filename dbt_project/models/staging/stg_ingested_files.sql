with

source as (

    select * from {{ source('raw', 'ingested_files') }}

),

final as (

    select
        file_hash,
        extract,
        file_name,
        rows_read,
        rows_accepted,
        rows_quarantined,
        rows_duplicate,
        amount_read,
        amount_accepted,
        amount_quarantined,
        amount_duplicate,
        refused_reason,
        ingested_at,
        size_bytes
    from source

)

select * from final
