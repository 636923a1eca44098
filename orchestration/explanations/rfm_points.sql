-- The row of seeds/rfm_points.csv behind each measure's points, and its weight in the score.
with

measures as (

    select
        unnest([
            {'position': 1, 'measure': 'recency', 'fact': cast(last_order_date as varchar), 'points': r_points},
            {'position': 2, 'measure': 'frequency', 'fact': cast(frequency as varchar), 'points': f_points},
            {'position': 3, 'measure': 'monetary', 'fact': cast(monetary as varchar), 'points': m_points}
        ], recursive := true)
    from explained_scores

),

-- A band reaches up to the threshold of the next points. The measures' sets change apart.
thresholds as (

    select
        rules.measure,
        rules.points,
        rules.threshold,
        lead(rules.threshold) over (partition by rules.measure order by rules.points) as next_threshold,
        rules.unit,
        rules.reason
    from seeds.rfm_points as rules
    where
        rules.valid_from = (
            select max(newer.valid_from) from seeds.rfm_points as newer
            where newer.measure = rules.measure and newer.valid_from <= $as_of
        )

),

weights as (

    select rule, value from seeds.rfm_weights
    where valid_from = (select max(valid_from) from seeds.rfm_weights where valid_from <= $as_of)

),

final as (

    select
        measures.position,
        measures.measure,
        measures.fact,
        measures.points,
        cast(weights.value as integer) as weight,
        thresholds.threshold,
        thresholds.next_threshold,
        thresholds.unit,
        thresholds.reason
    from measures
    left join thresholds on measures.measure = thresholds.measure and measures.points = thresholds.points
    left join weights on weights.rule = measures.measure || '_weight'

)

select * exclude (position) from final
order by position
