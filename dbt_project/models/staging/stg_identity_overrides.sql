-- A list is complete: a decision that the newest one leaves out is taken back, also by a list without any decision.
with

source as (

    select * from {{ source('raw', 'identity_overrides') }}

),

lists as (

    select
        file_hash,
        row_number() over (order by ingested_at desc, file_name desc, file_hash desc) as list_number
    from {{ ref('stg_ingested_files') }}
    where extract = 'identity_overrides' and refused_reason is null

),

final as (

    select
        source.decision,
        source.platform,
        source.account_id,
        source.other_platform,
        source.other_account_id,
        source.reason,
        source.author,
        source.decided_at,
        source._file_name as file_name,
        source._line_number as line_number
    from source
    inner join lists on source._file_hash = lists.file_hash
    where lists.list_number = 1

)

select * from final
