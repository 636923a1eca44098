-- The days on which rules are evaluated. A further day here (month ends, say) gives a rule its history.
with recursive as_of as (
    select {{ as_of_date() }} as as_of_date
),

first_year as (
    select
        coalesce(max(extract(year from as_of.as_of_date) - extract(year from orders.order_date)), 0)
            as years_back
    from as_of
    left join {{ ref('orders') }} as orders on orders.is_sale
),

years as (
    select 0 as years_back
    union all
    select years.years_back + 1
    from years
    inner join first_year on years.years_back < first_year.years_back
),

final as (
    select
        'tiers' as purpose,
        {{ years_after('as_of.as_of_date', '-years.years_back') }} as evaluated_on,
        years.years_back = 0 as is_current
    from years
    cross join as_of
    union all
    select 'segments', as_of_date, true from as_of
    union all
    select 'segments', {{ months_after('as_of_date', '-1') }}, false from as_of
)

select purpose, evaluated_on, is_current from final
