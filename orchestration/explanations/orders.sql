-- The orders behind the RFM score, the latest first; their net revenue adds up to the score's.
select
    platform,
    order_id,
    order_date,
    status,
    is_sale,
    net_revenue
from explained_orders
order by order_date desc, platform, order_id
