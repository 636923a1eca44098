-- The activity level: the rows of seeds/activity_levels.csv in the order sleeping, high, at risk, low. Medium is where
-- none of them holds, so it has no row. Where the rules cut by quantile, the cuts are facts of the shop.
with

facts as (

    select
        standing.last_seen_date,
        standing.last_login_date,
        standing.logins_30d,
        standing.has_logins,
        standing.sessions_30d,
        standing.last_session_date,
        standing.lifetime_orders,
        standing.days_since_last_order,
        standing.own_gap_days,
        cuts.is_by_quantile,
        cuts.is_by_visits,
        case when cuts.is_by_quantile then cuts.high_above end as quantile_high_above,
        case when cuts.is_by_quantile then cuts.low_until_date end as quantile_low_until_date
    from explained_standing as standing
    inner join intermediate.int_customer_activity_cuts as cuts on cuts.evaluated_on = standing.evaluated_on

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
    where rules.rule = 'high_logins_above' and not facts.is_by_quantile
    union all
    select
        2, 'high', rules,
        case when facts.is_by_visits then facts.sessions_30d else facts.logins_30d end > facts.quantile_high_above
    from rules
    cross join facts
    where rules.rule = 'high_quantile' and facts.is_by_quantile
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
    where rules.rule = 'low_without_login_months' and not facts.is_by_quantile
    union all
    select
        4, 'low', rules,
        coalesce(
            case when facts.is_by_visits then facts.last_session_date else facts.last_login_date end,
            facts.quantile_low_until_date
        ) <= facts.quantile_low_until_date
    from rules
    cross join facts
    where rules.rule = 'low_quantile' and facts.is_by_quantile
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
