-- One answer per review and order: an order can have several reviews, and a review can cover several orders.
select
    review_rows.review_id || '/' || review_rows.order_id as feedback_id,
    'olist' as platform,
    customer_rows.customer_unique_id as account_id,
    review_rows.order_id,
    -- the score is known from the answer on; `review_creation_date` is when the questionnaire was sent
    review_rows.review_answer_timestamp as created_at,
    'review' as kind,
    review_rows.review_score as score,
    nullif(
        concat_ws(chr(10), review_rows.review_comment_title, review_rows.review_comment_message), ''
    ) as text
from review_rows
left join order_rows on review_rows.order_id = order_rows.order_id
left join customer_rows on order_rows.customer_id = customer_rows.customer_id
