-- Mean of the shares of leavers and of stayers that the published churn model told rightly on its test cut.
select
    'all' as segment,
    cast(json_extract_string(metrics, '$.test.balanced_accuracy') as double)
    * cast(json_extract_string(metrics, '$.test_customers') as double) as numerator,
    cast(json_extract_string(metrics, '$.test_customers') as double) as denominator
from kpi.model_cards
where model = 'churn' and is_published
