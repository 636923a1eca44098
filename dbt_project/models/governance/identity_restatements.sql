-- A month that was published counts these orders for the former customer, and for the customer since.
with

periods as (

    select
        *,
        cast(dense_rank() over (partition by known_from order by from_step) as integer) as change_number
    from {{ ref('int_account_periods') }}
    where former_customer_id is not null

),

orders as (

    select * from {{ ref('orders') }}

),

final as (

    select
        periods.known_from as happened_on,
        periods.change_number,
        periods.former_customer_id,
        periods.customer_id,
        cast({{ dbt.date_trunc('month', 'orders.order_date') }} as date) as order_month,
        cast(count(*) as integer) as orders,
        cast(sum(orders.net_revenue) as decimal(18, 2)) as net_revenue
    from periods
    inner join orders
        on periods.platform = orders.platform and periods.account_id = orders.account_id
    where orders.order_date <= periods.told_until
    group by 1, 2, 3, 4, 5

)

select * from final
