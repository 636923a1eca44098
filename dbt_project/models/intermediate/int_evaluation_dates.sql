-- The days on which rules are evaluated. A further day here gives a rule its history.
-- Tiers are set on a fixed day of the year, whatever the as-of date, so that a later run tells the same history.
with recursive as_of as (
    select {{ as_of_date() }} as as_of_date
),

first_sale as (
    select min(order_date) as order_date from {{ ref('orders') }} where is_sale
),

years as (
    select cast({{ dbt.date_trunc('year', 'as_of_date') }} as date) as year_start from as_of
    union all
    select {{ years_after('years.year_start', '-1') }}
    from years
    inner join first_sale on years.year_start > first_sale.order_date
),

-- The tier that is set on the first day of the month rests on the months that ended the day before.
candidates as (
    select distinct
        {{ days_after(months_after('years.year_start', 'rules.value - 1'), -1) }} as evaluated_on,
        rules.value as evaluation_month
    from years
    cross join {{ ref('rfm_weights') }} as rules
    where rules.rule = 'evaluation_month'
),

in_force as (
    {{ rule_values_on_days(ref('rfm_weights'), 'candidates', ['evaluation_month']) }}
),

told as (
    select told_on from {{ ref('int_told_days') }}
),

final as (
    select
        'scores' as purpose,
        as_of_date as evaluated_on,
        true as is_current
    from as_of
    union all
    select 'tiers', candidates.evaluated_on, false
    from candidates
    inner join in_force
        on
            in_force.evaluated_on = candidates.evaluated_on
            and in_force.evaluation_month = candidates.evaluation_month
    inner join first_sale on candidates.evaluated_on >= first_sale.order_date
    inner join as_of on candidates.evaluated_on < as_of.as_of_date
    union all
    select 'segments', as_of_date, true from as_of
    union all
    select 'segments', before.evaluated_on, false
    from (
        select {{ months_after('as_of_date', '-1') }} as evaluated_on from as_of
        union
        select told_on from told
    ) as before
    union all
    select 'told', told_on, false from told
)

select purpose, evaluated_on, is_current from final
