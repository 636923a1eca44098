-- Points, score and tier of every evaluation.
{#- The setting `rfm_monetary_basis` scores the total of the period where it says `total`. -#}
{%- set basis = '1' if var('rfm_monetary_basis', 'average_per_order') == 'total' else 'facts.frequency' %}
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

-- R and F by their distinct values: bands joined one by one to all facts multiply to 125 rows a day first.
recency_points as (
    select days.evaluated_on, days.last_order_date, bands.points
    from (select distinct evaluated_on, last_order_date from facts) as days
    inner join bands
        on
            bands.evaluated_on = days.evaluated_on
            and bands.measure = 'recency'
            and days.last_order_date >= {{ months_after('days.evaluated_on', '-bands.band_from') }}
            and coalesce(days.last_order_date < {{ months_after('days.evaluated_on', '-bands.band_below') }}, true)
),

frequency_points as (
    select counts.evaluated_on, counts.frequency, bands.points
    from (select distinct evaluated_on, frequency from facts) as counts
    inner join bands
        on
            bands.evaluated_on = counts.evaluated_on
            and bands.measure = 'frequency'
            and counts.frequency >= bands.band_from
            and (bands.band_below is null or counts.frequency < bands.band_below)
),

pointed as (
    select
        facts.*,
        recency.points as r_points,
        frequency.points as f_points,
        monetary.points as m_points
    from facts
    inner join recency_points as recency
        on recency.evaluated_on = facts.evaluated_on and recency.last_order_date = facts.last_order_date
    inner join frequency_points as frequency
        on frequency.evaluated_on = facts.evaluated_on and frequency.frequency = facts.frequency
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
            weights.recency_weight * pointed.r_points + weights.frequency_weight * pointed.f_points
            + weights.monetary_weight * pointed.m_points
            as integer
        ) as rfm_score
    from pointed
    inner join weights on weights.evaluated_on = pointed.evaluated_on
),

final as (
    select
        scored.customer_id,
        scored.purpose,
        scored.evaluated_on,
        scored.last_order_date,
        scored.frequency,
        scored.net_revenue,
        scored.is_provisional,
        scored.r_points,
        scored.f_points,
        scored.m_points,
        scored.rfm_score,
        ladder.rfm_tier,
        ladder.next_min_score - scored.rfm_score as points_to_next_tier
    from scored
    inner join ladder
        on
            ladder.evaluated_on = scored.evaluated_on
            and scored.rfm_score between ladder.min_score and ladder.max_score
)

select * from final
