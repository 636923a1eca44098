-- Net revenue per successful order.
select
    'all' as segment,
    sum(net_revenue) as numerator,
    count(*) as denominator
from marts.orders
where is_sale and order_date between $period_start and $period_end
