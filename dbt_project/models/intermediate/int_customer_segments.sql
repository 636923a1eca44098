-- Category, value and activity of each customer on each evaluation day, beside the lifecycle stage. Categories are
-- tried in the order that seeds/customer_categories.csv documents as `precedence`.
with standing as (
    select * from {{ ref('int_customer_standing') }}
),

lifecycle as (
    select customer_id, evaluated_on, lifecycle_stage from {{ ref('int_customer_lifecycle') }}
),

value_rules as (
    {{ rule_values_on_days(ref('value_levels'), 'standing', [
        'high_above', 'medium_from', 'potential_active_days',
    ]) }}
),

activity_rules as (
    {{ rule_values_on_days(ref('activity_levels'), 'standing', [
        'sleeping_months', 'at_risk_gaps', 'own_gap_min_orders',
    ]) }}
),

activity_cuts as (
    select * from {{ ref('int_customer_activity_cuts') }}
),

final as (
    select
        standing.customer_id,
        standing.evaluated_on,
        standing.is_current,
        case
            when standing.is_blocked then 'malicious'
            when standing.placed_orders_in_period > 0 and standing.orders_in_period = 0 then 'no_sale'
            when standing.lifetime_orders = 0 then 'never_ordered'
            when standing.placed_orders_in_period = 0 then 'lapsed'
            -- All successful orders lie inside the period, so the first one does.
            when standing.lifetime_orders = standing.orders_in_period then 'new'
            else 'tiered'
        end as customer_category,
        case
            when standing.net_revenue_12m > value_rules.high_above then 'high'
            when
                standing.lifetime_orders = 0
                and standing.last_seen_date
                > {{ days_after('standing.evaluated_on', '-value_rules.potential_active_days') }}
                then 'potential'
            when standing.net_revenue_12m >= value_rules.medium_from then 'medium'
            else 'low'
        end as value_level,
        case
            when
                standing.last_seen_date is null
                or standing.last_seen_date
                <= {{ months_after('standing.evaluated_on', '-activity_rules.sleeping_months') }}
                then 'sleeping'
            when
                case when activity_cuts.is_by_visits then standing.sessions_30d else standing.logins_30d end
                > activity_cuts.high_above
                then 'high'
            when
                standing.lifetime_orders >= activity_rules.own_gap_min_orders
                and standing.days_since_last_order > activity_rules.at_risk_gaps * standing.own_gap_days
                then 'at_risk'
            when
                coalesce(
                    case
                        when activity_cuts.is_by_visits then standing.last_session_date
                        else standing.last_login_date
                    end,
                    activity_cuts.low_until_date
                ) <= activity_cuts.low_until_date
                then 'low'
            else 'medium'
        end as activity_level,
        lifecycle.lifecycle_stage,
        standing.net_revenue_12m
    from standing
    inner join value_rules on value_rules.evaluated_on = standing.evaluated_on
    inner join activity_rules on activity_rules.evaluated_on = standing.evaluated_on
    inner join activity_cuts on activity_cuts.evaluated_on = standing.evaluated_on
    left join lifecycle
        on lifecycle.customer_id = standing.customer_id and lifecycle.evaluated_on = standing.evaluated_on
)

select
    customer_id,
    evaluated_on,
    is_current,
    customer_category,
    value_level,
    activity_level,
    lifecycle_stage,
    net_revenue_12m
from final
