-- The stage on each evaluation day: the first row of seeds/lifecycle_rules.csv whose bounds all hold.
with standing as (
    select * from {{ ref('int_customer_standing') }}
),

gap_rules as (
    {{ rule_values_on_days(ref('lifecycle_gaps'), 'standing', ['own_gap_min_orders', 'default_gap_days']) }}
),

measured as (
    select
        standing.customer_id,
        standing.evaluated_on,
        standing.lifetime_orders,
        standing.days_since_last_order,
        {{ dbt.datediff('standing.last_seen_date', 'standing.evaluated_on', 'day') }} as days_since_visit,
        coalesce(
            case when standing.lifetime_orders >= gap_rules.own_gap_min_orders then standing.own_gap_days end,
            standing.shop_gap_days,
            gap_rules.default_gap_days
        ) as gap_days
    from standing
    inner join gap_rules on gap_rules.evaluated_on = standing.evaluated_on
),

rules as (
    {{ rules_on_days(ref('lifecycle_rules'), 'standing') }}
),

ranked as (
    select
        measured.customer_id,
        measured.evaluated_on,
        min(rules.precedence) as precedence
    from measured
    inner join rules
        on
            rules.evaluated_on = measured.evaluated_on
            and (rules.min_orders is null or measured.lifetime_orders >= rules.min_orders)
            and (rules.max_orders is null or measured.lifetime_orders <= rules.max_orders)
            and (
                rules.max_days_since_order is null
                or measured.days_since_last_order <= rules.max_days_since_order
            )
            and (
                rules.max_gaps_since_order is null
                or measured.days_since_last_order <= rules.max_gaps_since_order * measured.gap_days
            )
            and (
                rules.max_days_since_visit is null
                or measured.days_since_visit <= rules.max_days_since_visit
            )
    group by measured.customer_id, measured.evaluated_on
),

final as (
    select ranked.customer_id, ranked.evaluated_on, rules.lifecycle_stage, rules.precedence as rule_precedence
    from ranked
    inner join rules on rules.evaluated_on = ranked.evaluated_on and rules.precedence = ranked.precedence
)

select customer_id, evaluated_on, lifecycle_stage, rule_precedence from final
