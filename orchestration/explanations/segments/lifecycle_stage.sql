-- The stage: the row of seeds/lifecycle_rules.csv that the model noted, tried again on the facts.
with

standing as (

    select lifetime_orders, days_since_last_order, own_gap_days, shop_gap_days, last_seen_date
    from explained_standing

),

gap_rules as (

    select
        max(case when rule = 'own_gap_min_orders' then value end) as own_gap_min_orders,
        max(case when rule = 'default_gap_days' then value end) as default_gap_days
    from seeds.lifecycle_gaps
    where valid_from = (select max(valid_from) from seeds.lifecycle_gaps where valid_from <= $as_of)

),

facts as (

    select
        standing.lifetime_orders,
        standing.days_since_last_order,
        $as_of - standing.last_seen_date as days_since_visit,
        coalesce(
            case when standing.lifetime_orders >= gap_rules.own_gap_min_orders then standing.own_gap_days end,
            standing.shop_gap_days,
            gap_rules.default_gap_days
        ) as gap_days
    from standing
    cross join gap_rules

),

rules as (

    select * exclude (valid_from) from seeds.lifecycle_rules
    where valid_from = (select max(valid_from) from seeds.lifecycle_rules where valid_from <= $as_of)

),

noted as (

    select lifecycle_stage, rule_precedence from explained_standing

),

final as (

    select
        noted.lifecycle_stage as level,
        case
            when
                coalesce(facts.lifetime_orders >= rules.min_orders, rules.min_orders is null)
                and coalesce(facts.lifetime_orders <= rules.max_orders, rules.max_orders is null)
                and coalesce(
                    facts.days_since_last_order <= rules.max_days_since_order, rules.max_days_since_order is null
                )
                and coalesce(
                    facts.days_since_last_order <= rules.max_gaps_since_order * facts.gap_days,
                    rules.max_gaps_since_order is null
                )
                and coalesce(facts.days_since_visit <= rules.max_days_since_visit, rules.max_days_since_visit is null)
                then rules.lifecycle_stage
        end as level_by_rule,
        facts,
        'lifecycle_rules' as seed,
        rules as rule
    from noted
    cross join facts
    left join rules on noted.rule_precedence = rules.precedence

)

select * from final
