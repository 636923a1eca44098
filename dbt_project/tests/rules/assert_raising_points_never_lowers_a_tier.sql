-- The whole grid of points: every cell has exactly one tier, and more points never lead downwards.
with days as (
    select {{ as_of_date() }} as evaluated_on
),

points as (
    {{ rules_on_days(ref('rfm_points'), 'days', set_column='measure') }}
),

weights as (
    {{ rule_values_on_days(ref('rfm_weights'), 'days', [
        'recency_weight', 'frequency_weight', 'monetary_weight',
    ]) }}
),

tiers as (
    {{ rules_on_days(ref('rfm_tiers'), 'days') }}
),

grid as (
    select
        recency.points as r_points,
        frequency.points as f_points,
        monetary.points as m_points,
        weights.recency_weight * recency.points
        + weights.frequency_weight * frequency.points
        + weights.monetary_weight * monetary.points as rfm_score
    from points as recency
    inner join points as frequency on frequency.measure = 'frequency'
    inner join points as monetary on monetary.measure = 'monetary'
    cross join weights
    where recency.measure = 'recency'
),

cells as (
    select
        grid.r_points,
        grid.f_points,
        grid.m_points,
        count(tiers.rfm_tier) as tiers,
        max(tiers.min_score) as tier_rank
    from grid
    left join tiers on grid.rfm_score between tiers.min_score and tiers.max_score
    group by grid.r_points, grid.f_points, grid.m_points
)

select
    lower_cell.r_points,
    lower_cell.f_points,
    lower_cell.m_points
from cells as lower_cell
inner join cells as higher_cell
    on
        higher_cell.r_points >= lower_cell.r_points
        and higher_cell.f_points >= lower_cell.f_points
        and higher_cell.m_points >= lower_cell.m_points
where
    higher_cell.tier_rank < lower_cell.tier_rank
    or lower_cell.tiers <> 1
