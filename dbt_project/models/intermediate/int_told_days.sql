-- One day of each month, as far back as the rule says: the last one that a release told, and of the months before the
-- first release, of which nothing was told, the last one there was.
with recursive released as (
    select as_of_date
    from {{ source('history', 'releases') }}
    where as_of_date < {{ as_of_date() }}
),

bounds as (
    select
        {{ months_after(as_of_date(), '-' ~ rule_value('history_rules', 'restated_months')) }} as after_date,
        coalesce(min(as_of_date), {{ as_of_date() }}) as first_told_on
    from released
),

months as (
    select
        bounds.after_date,
        cast({{ dbt.date_trunc('month', 'bounds.first_told_on') }} as date) as month_start
    from bounds
    union all
    select after_date, {{ months_after('month_start', '-1') }}
    from months
    where month_start > after_date
),

final as (
    select max(released.as_of_date) as told_on, true as is_published
    from released
    inner join bounds on released.as_of_date > bounds.after_date
    group by {{ dbt.date_trunc('month', 'released.as_of_date') }}
    union all
    select {{ days_after('month_start', '-1') }}, false
    from months
    where {{ days_after('month_start', '-1') }} > after_date
)

select told_on, is_published from final
