with

source as (

    select * from {{ source('raw', 'quarantined_rows') }}

),

final as (

    select
        extract,
        file_hash,
        file_name,
        line_number,
        reasons,
        primary_reason,
        amount,
        quarantined_at
    from source

)

select * from final
