with

files as (

    select * from {{ ref('stg_ingested_files') }}

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
        size_bytes,
        ingested_at
    from files

)

select * from final
