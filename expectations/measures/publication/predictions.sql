-- Predictions that stand in the build though their card withholds them, or has none; and cards that publish a prediction
-- whose own figure does not beat that of every baseline, or that has no figure at all.
with told as (
    select 'cltv' as model, count(*) as told_rows from kpi.cltv_scores
    union all
    select 'cltv', count(*) from marts.customer_360 where cltv_12m is not null or expected_orders_12m is not null
    union all
    select 'churn', count(*) from kpi.churn_scores
    union all
    select 'churn', count(*) from marts.customer_360 where churn_probability_90d is not null
    union all
    select 'next_order', count(*) from kpi.next_orders where next_order_date is not null
    union all
    select 'next_order', count(*) from marts.customer_360 where next_order_date is not null
    union all
    select 'recommendations', count(*) from kpi.recommendations
),

withheld as (
    select told.model, sum(told.told_rows) as told_rows
    from told
    left join kpi.model_cards as cards on cards.model = told.model and cards.is_published
    where cards.model is null and told.told_rows > 0
    group by told.model
),

compared as (
    select
        model,
        model in ('cltv', 'next_order') as is_lower_better,
        cast(
            case model
                when 'cltv' then json_extract(metrics, '$$.holdout.rmse_orders')
                when 'churn' then json_extract(metrics, '$$.test.auc')
                when 'next_order' then json_extract(metrics, '$$.test.mean_error_days')
                when 'recommendations' then json_extract(metrics, '$$.test.hit_rate')
            end as double
        ) as figure,
        cast(
            case model
                when 'cltv' then json_extract(baseline_metrics, '$$.*.rmse_orders')
                when 'churn' then json_extract(baseline_metrics, '$$.*.auc')
                when 'next_order' then json_extract(baseline_metrics, '$$.*.mean_error_days')
                when 'recommendations' then json_extract(baseline_metrics, '$$.*.hit_rate')
            end as double []
        ) as baselines
    from kpi.model_cards
    where is_published
)

select
    model as subject,
    told_rows as withheld_predictions_told,
    0 as predictions_beaten
from withheld
union all
select
    model,
    0,
    1
from compared
where not coalesce(case when is_lower_better then figure < list_min(baselines) else figure > list_max(baselines) end, false)
