-- Where activity is cut on each evaluation day: at the fixed numbers of the rules, or at quantiles of the shop itself.
with standing as (
    select * from {{ ref('int_customer_standing') }}
),

rules as (
    {{ rule_values_on_days(ref('activity_levels'), 'standing', [
        'high_logins_above', 'low_without_login_months', 'sleeping_months', 'by_quantile', 'high_quantile',
        'low_quantile',
    ]) }}
),

-- A source without log-ins has no fixed cut; its visits can still be ranked.
days as (
    select distinct
        rules.*,
        standing.has_logins,
        coalesce(rules.by_quantile, 0) = 1 as is_by_quantile,
        coalesce(rules.by_quantile, 0) = 1 and not standing.has_logins as is_by_visits
    from rules
    inner join standing on standing.evaluated_on = rules.evaluated_on
),

ranked as (
    select
        days.evaluated_on,
        'high' as cut,
        days.high_quantile as wanted_share,
        case when days.is_by_visits then standing.sessions_30d else standing.logins_30d end as measured
    from standing
    inner join days on days.evaluated_on = standing.evaluated_on and days.is_by_quantile
    union all
    select
        days.evaluated_on,
        'low',
        days.low_quantile,
        {{ dbt.datediff(
            'case when days.is_by_visits then standing.last_session_date else standing.last_login_date end',
            'standing.evaluated_on', 'day'
        ) }}
    from standing
    inner join days on days.evaluated_on = standing.evaluated_on and days.is_by_quantile
    -- Who sleeps is told apart before, and would push the cut beyond everybody who does not.
    where standing.last_seen_date > {{ months_after('standing.evaluated_on', '-days.sleeping_months') }}
),

-- Times of none would make zero the cut of a shop that most customers visit less than monthly; days may be none.
counted as (
    select evaluated_on, cut, wanted_share, measured, count(*) as customers
    from ranked
    where measured > 0 or (measured = 0 and cut = 'low')
    group by evaluated_on, cut, wanted_share, measured
),

cumulated as (
    select
        *,
        sum(customers) over (partition by evaluated_on, cut order by measured) as customers_so_far,
        sum(customers) over (partition by evaluated_on, cut) as customers_in_all
    from counted
),

-- The least value that so many customers do not exceed.
quantiles as (
    select
        evaluated_on,
        min(case when cut = 'high' then measured end) as high_above,
        min(case when cut = 'low' then measured end) as low_above_days
    from cumulated
    where customers_so_far >= wanted_share * customers_in_all
    group by evaluated_on
),

final as (
    select
        days.evaluated_on,
        days.is_by_quantile,
        days.is_by_visits,
        cast(case when days.is_by_quantile then quantiles.high_above else days.high_logins_above end as decimal(18, 2))
            as high_above,
        case
            when days.is_by_quantile then {{ days_after('days.evaluated_on', '-quantiles.low_above_days - 1') }}
            when days.has_logins then {{ months_after('days.evaluated_on', '-days.low_without_login_months') }}
        end as low_until_date
    from days
    left join quantiles on quantiles.evaluated_on = days.evaluated_on
)

select evaluated_on, is_by_quantile, is_by_visits, high_above, low_until_date from final
