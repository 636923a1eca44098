-- Customers of a lifecycle stage on the eve of the period who reached the goal of seeds/stage_goals.csv in it ÷
-- customers of the stage on that eve.
with

goals as (

    select
        lifecycle_stage,
        min_month_orders,
        min_lifetime_orders
    from seeds.stage_goals
    where valid_from <= $as_of
    qualify row_number() over (partition by lifecycle_stage order by valid_from desc) = 1

),

-- The number of a customer's last successful order says how many there were until then.
ordered as (

    select
        customer_id,
        count(*) as month_orders,
        max(order_number) as lifetime_orders
    from marts.orders
    where is_sale and customer_id is not null and order_date between $period_start and $period_end
    group by customer_id

)

select
    stages.lifecycle_stage as segment,
    count(*) filter (
        where
        ordered.month_orders >= goals.min_month_orders and ordered.lifetime_orders >= goals.min_lifetime_orders
    ) as numerator,
    count(*) as denominator
from intermediate.int_customer_segments as stages
inner join goals on stages.lifecycle_stage = goals.lifecycle_stage
left join ordered on stages.customer_id = ordered.customer_id
where stages.evaluated_on = cast($period_start as date) - 1
group by stages.lifecycle_stage
