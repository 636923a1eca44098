-- Days from a return ticket to the customer's next refund, median and nine of ten, of tickets whose N days lie in the
-- period. A ticket names no order: the refund is the first one after it of an order placed before it, and belongs to the
-- first ticket that asks for it.
with

tickets as (

    select
        platform || '/' || ticket_id as ticket,
        customer_id,
        created_at
    from marts.tickets
    where
        category = 'return' and customer_id is not null
        and created_date between $period_start and cast($period_end as date) - $kpi_return_refund_days

),

refunds as (

    select
        orders.platform || '/' || orders.order_id as refunded_order,
        orders.customer_id,
        orders.ordered_at,
        refunds.refunded_at
    from staging.stg_order_refunds as refunds
    inner join marts.orders as orders on refunds.platform = orders.platform and refunds.order_id = orders.order_id
    where refunds.refunded_at is not null

),

next_refunds as (

    select
        tickets.ticket,
        tickets.created_at,
        refunds.refunded_order,
        refunds.refunded_at
    from tickets
    inner join refunds
        on
            tickets.customer_id = refunds.customer_id
            and refunds.ordered_at <= tickets.created_at
            and refunds.refunded_at >= tickets.created_at
            and refunds.refunded_at <= tickets.created_at + $kpi_return_refund_days * interval 1 day
    qualify row_number() over (
        partition by tickets.ticket order by refunds.refunded_at, refunds.refunded_order
    ) = 1

),

cycles as (

    select epoch(min(refunded_at) - min(created_at)) / 86400 as days_taken
    from next_refunds
    group by refunded_order

),

measured as (

    select
        count(*) as n,
        quantile_cont(days_taken, [0.5, 0.9]) as days
    from cycles

)

select
    unnest(['p50', 'p90']) as segment,
    unnest(days) as value,
    n
from measured
where n > 0
