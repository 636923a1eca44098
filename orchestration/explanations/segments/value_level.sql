-- The value level: the first cut of seeds/value_levels.csv that is reached. Low is what misses the last one.
with

facts as (

    select net_revenue_12m, lifetime_orders, last_seen_date
    from explained_standing

),

rules as (

    select rule, value, unit, reason from seeds.value_levels
    where valid_from = (select max(valid_from) from seeds.value_levels where valid_from <= $as_of)

),

tried as (

    select 1 as precedence, 'high' as level, rules, facts.net_revenue_12m > rules.value as holds
    from rules
    cross join facts
    where rules.rule = 'high_above'
    union all
    select
        2, 'potential', rules,
        facts.lifetime_orders = 0 and facts.last_seen_date > $as_of - cast(rules.value as integer)
    from rules
    cross join facts
    where rules.rule = 'potential_active_days'
    union all
    select 3, 'medium', rules, facts.net_revenue_12m >= rules.value
    from rules
    cross join facts
    where rules.rule = 'medium_from'
    union all
    select 4, 'low', rules, true
    from rules
    where rules.rule = 'medium_from'

),

final as (

    select
        segments.value_level as level,
        tried.level as level_by_rule,
        facts,
        'value_levels' as seed,
        tried.rules as rule,
        tried.level = 'low' as is_missed
    from facts
    cross join explained_standing as segments
    left join tried on tried.holds
    order by tried.precedence
    limit 1

)

select * from final
