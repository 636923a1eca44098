with recursive moves as (
    select * from {{ ref('int_customer_tier_moves') }}
),

months as (
    select min(first_month) as month from moves
    union all
    select {{ months_after('month', 1) }} from months where {{ months_after('month', 1) }} <= {{ as_of_date() }}
),

-- Runs are counted before they are spread over their months: a few hundred rows, however many customers there are.
counted as (
    select
        first_month,
        last_month,
        from_tier,
        to_tier,
        count(*) as customers,
        count(case when is_provisional then 1 end) as provisional_customers,
        count(case when was_provisional and not is_provisional and to_tier <> 'none' then 1 end) as confirmed_customers
    from moves
    group by first_month, last_month, from_tier, to_tier
),

customers as (
    select
        months.month,
        counted.from_tier,
        counted.to_tier,
        sum(counted.customers) as customers,
        sum(counted.provisional_customers) as provisional_customers,
        sum(counted.confirmed_customers) as confirmed_customers
    from counted
    inner join months on months.month between counted.first_month and counted.last_month
    group by months.month, counted.from_tier, counted.to_tier
),

spent as (
    select
        customer_id,
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as month,
        sum(net_revenue) as net_revenue
    from {{ ref('orders') }}
    where customer_id is not null
    group by customer_id, cast({{ dbt.date_trunc('month', 'order_date') }} as date)
),

revenue as (
    select spent.month, moves.from_tier, moves.to_tier, sum(spent.net_revenue) as net_revenue
    from spent
    inner join moves
        on moves.customer_id = spent.customer_id and spent.month between moves.first_month and moves.last_month
    group by spent.month, moves.from_tier, moves.to_tier
),

ranks as (
    select rfm_tier, min_score from {{ rule_set_in_force('rfm_tiers') }} as rules
),

final as (
    select
        customers.month,
        customers.from_tier,
        customers.to_tier,
        least({{ days_after(months_after('customers.month', 1), -1) }}, {{ as_of_date() }}) as month_end_date,
        case
            when customers.from_tier = 'new' then 'new'
            when customers.from_tier = customers.to_tier then 'same'
            when customers.from_tier = 'none' then 'back'
            when customers.to_tier = 'none' then 'lost'
            when tiers_after.min_score > tiers_before.min_score then 'up'
            when tiers_after.min_score < tiers_before.min_score then 'down'
        end as movement,
        cast(customers.customers as bigint) as customers,
        cast(customers.provisional_customers as bigint) as provisional_customers,
        cast(customers.confirmed_customers as bigint) as confirmed_customers,
        cast(coalesce(revenue.net_revenue, 0) as decimal(18, 2)) as net_revenue
    from customers
    left join revenue
        on
            revenue.month = customers.month
            and revenue.from_tier = customers.from_tier
            and revenue.to_tier = customers.to_tier
    left join ranks as tiers_before on tiers_before.rfm_tier = customers.from_tier
    left join ranks as tiers_after on tiers_after.rfm_tier = customers.to_tier
)

select
    month,
    from_tier,
    to_tier,
    month_end_date,
    movement,
    customers,
    provisional_customers,
    confirmed_customers,
    net_revenue
from final
