with

quarantined_rows as (

    select * from {{ ref('stg_quarantined_rows') }}

),

-- A row with three faults counts under each of them, and once as primary.
faults as (

    select
        extract,
        {{ each_element('reasons') }} as reason,
        primary_reason,
        amount,
        quarantined_at
    from quarantined_rows

),

final as (

    select
        extract,
        reason,
        count(*) as rows,
        count(case when reason = primary_reason then 1 end) as rows_primary,
        cast(sum(case when reason = primary_reason then amount end) as decimal(18, 2)) as amount_primary,
        min(quarantined_at) as first_seen,
        max(quarantined_at) as last_seen
    from faults
    group by 1, 2

)

select * from final
