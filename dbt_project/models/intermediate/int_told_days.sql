-- Of each month that releases told, the last day: what was published of it is held against what is true of it now.
with

released as (

    select as_of_date
    from {{ source('history', 'releases') }}
    where
        as_of_date < {{ as_of_date() }}
        and as_of_date > {{ months_after(as_of_date(), '-' ~ rule_value('history_rules', 'restated_months')) }}

),

final as (

    select max(as_of_date) as told_on
    from released
    group by {{ dbt.date_trunc('month', 'as_of_date') }}

)

select * from final
