-- The activity level: the rows of seeds/activity_levels.csv in the order sleeping, high, at risk, low. Medium is where
-- none of them holds, so it has no row.
with

facts as (

    select
        last_seen_date, last_login_date, logins_30d, has_logins, lifetime_orders, days_since_last_order, own_gap_days
    from explained_standing

),

rules as (

    select rule, value, unit, reason from seeds.activity_levels
    where valid_from = (select max(valid_from) from seeds.activity_levels where valid_from <= $as_of)

),

tried as (

    select
        1 as precedence, 'sleeping' as level, rules,
        facts.last_seen_date is null or facts.last_seen_date <= months_before($as_of, rules.value) as holds
    from rules
    cross join facts
    where rules.rule = 'sleeping_months'
    union all
    select 2, 'high', rules, facts.logins_30d > rules.value
    from rules
    cross join facts
    where rules.rule = 'high_logins_above'
    union all
    select
        3, 'at_risk', rules,
        facts.lifetime_orders >= own_gap.value and facts.days_since_last_order > rules.value * facts.own_gap_days
    from rules
    inner join rules as own_gap on own_gap.rule = 'own_gap_min_orders'
    cross join facts
    where rules.rule = 'at_risk_gaps'
    union all
    select
        4, 'low', rules,
        facts.has_logins
        and (facts.last_login_date is null or facts.last_login_date <= months_before($as_of, rules.value))
    from rules
    cross join facts
    where rules.rule = 'low_without_login_months'
    union all
    select 5, 'medium', null, true

),

final as (

    select
        segments.activity_level as level,
        tried.level as level_by_rule,
        facts,
        'activity_levels' as seed,
        tried.rules as rule
    from facts
    cross join explained_standing as segments
    left join tried on tried.holds
    order by tried.precedence
    limit 1

)

select * from final
