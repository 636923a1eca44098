-- Next orders after the test cut that hold a product which the published recommender had named, ÷ next orders judged.
select
    'all' as segment,
    cast(json_extract_string(metrics, '$.test.hits') as double) as numerator,
    cast(json_extract_string(metrics, '$.test.orders') as double) as denominator
from kpi.model_cards
where model = 'recommendations' and is_published
