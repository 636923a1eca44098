-- Points, score and tier of every evaluation.
{#- The setting `rfm_monetary_basis` scores the total of the period where it says `total`. -#}
{%- set is_total = var('rfm_monetary_basis', 'average_per_order') == 'total' -%}
{%- set basis = '1' if is_total else 'facts.frequency' %}
with facts as (
    select * from {{ ref('int_customer_rfm_facts') }}
),

thresholds as (
    {{ rules_on_days(ref('rfm_points'), 'facts', set_column='measure') }}
),

-- A band reaches from its own threshold up to that of the next points.
bands as (
    select
        evaluated_on,
        measure,
        points,
        threshold as band_from,
        lead(threshold) over (partition by evaluated_on, measure order by points) as band_below
    from thresholds
),

recency_bands as (
    select
        evaluated_on,
        points,
        {{ months_after('evaluated_on', '-band_from') }} as band_from,
        {{ months_after('evaluated_on', '-band_below') }} as band_below
    from bands
    where measure = 'recency'
),

pointed as (
    select
        facts.*,
        recency.points as r_points,
        frequency.points as f_points,
        monetary.points as m_points
    from facts
    inner join recency_bands as recency
        on
            recency.evaluated_on = facts.evaluated_on
            and facts.last_order_date >= recency.band_from
            and (recency.band_below is null or facts.last_order_date < recency.band_below)
    inner join bands as frequency
        on
            frequency.evaluated_on = facts.evaluated_on
            and frequency.measure = 'frequency'
            and facts.frequency >= frequency.band_from
            and (frequency.band_below is null or facts.frequency < frequency.band_below)
    -- Thresholds are multiplied instead of dividing the revenue: no rounding before the comparison.
    inner join bands as monetary
        on
            monetary.evaluated_on = facts.evaluated_on
            and monetary.measure = 'monetary'
            and (monetary.band_from is null or facts.net_revenue >= monetary.band_from * {{ basis }})
            and (monetary.band_below is null or facts.net_revenue < monetary.band_below * {{ basis }})
),

weights as (
    {{ rule_values_on_days(ref('rfm_weights'), 'facts', [
        'recency_weight', 'frequency_weight', 'monetary_weight',
    ]) }}
),

tiers as (
    {{ rules_on_days(ref('rfm_tiers'), 'facts') }}
),

ladder as (
    select
        evaluated_on,
        rfm_tier,
        min_score,
        max_score,
        lead(min_score) over (partition by evaluated_on order by min_score) as next_min_score
    from tiers
),

scored as (
    select
        pointed.*,
        cast(
            weights.recency_weight * pointed.r_points
            + weights.frequency_weight * pointed.f_points
            + weights.monetary_weight * pointed.m_points
            as integer
        ) as rfm_score
    from pointed
    inner join weights on weights.evaluated_on = pointed.evaluated_on
),

final as (
    select
        scored.*,
        ladder.rfm_tier,
        ladder.next_min_score - scored.rfm_score as points_to_next_tier
    from scored
    inner join ladder
        on
            ladder.evaluated_on = scored.evaluated_on
            and scored.rfm_score between ladder.min_score and ladder.max_score
)

select
    customer_id,
    purpose,
    evaluated_on,
    last_order_date,
    frequency,
    net_revenue,
    is_provisional,
    r_points,
    f_points,
    m_points,
    rfm_score,
    rfm_tier,
    points_to_next_tier
from final
