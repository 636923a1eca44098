-- The score of the as-of date, as it is published and with the net revenue behind its average.
select
    scores.*,
    published.recency_days,
    published.monetary
from intermediate.int_customer_rfm as scores
inner join marts.rfm_scores as published on scores.customer_id = published.customer_id
where scores.customer_id = $customer_id and published.customer_id = $customer_id and scores.purpose = 'scores'
