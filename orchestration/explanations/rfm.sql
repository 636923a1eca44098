-- Score and tier of the as-of date, beside the sums of the orders behind them, which must be the same: `agrees`.
with

scores as (

    select * from explained_scores

),

counted as (

    select
        count(case when is_sale then 1 end) as frequency,
        max(case when is_sale then order_date end) as last_order_date,
        cast(coalesce(sum(net_revenue), 0) as decimal(18, 2)) as net_revenue
    from explained_orders

),

-- To the cent, halves away from zero, in integers.
averaged as (

    select
        *,
        case
            when frequency > 0
                then cast(
                    sign(net_revenue)
                    * ((abs(cast(net_revenue * 100 as hugeint)) * 2 + frequency) // (frequency * 2))
                    as decimal(36, 0)
                ) * 0.01
        end as monetary
    from counted

),

tiers as (

    select rfm_tier, label_zh, min_score, max_score, reason from seeds.rfm_tiers
    where valid_from = (select max(valid_from) from seeds.rfm_tiers where valid_from <= $as_of)

),

final as (

    select
        scores.evaluated_on,
        scores.rfm_score,
        scores.rfm_tier,
        tiers.label_zh as tier_label_zh,
        tiers.min_score as tier_min_score,
        tiers.max_score as tier_max_score,
        tiers.reason as tier_reason,
        scores.is_provisional,
        scores.points_to_next_tier,
        scores.last_order_date,
        scores.recency_days,
        scores.frequency,
        scores.monetary,
        scores.net_revenue,
        averaged.frequency as orders_counted,
        averaged.net_revenue as orders_net_revenue,
        averaged.frequency = coalesce(scores.frequency, 0)
        and averaged.net_revenue
        = case when scores.customer_id is null then averaged.net_revenue else scores.net_revenue end
        and averaged.last_order_date is not distinct from scores.last_order_date
        and averaged.monetary is not distinct from scores.monetary as agrees
    from averaged
    left join scores on true
    left join tiers on scores.rfm_tier = tiers.rfm_tier

)

select * from final
