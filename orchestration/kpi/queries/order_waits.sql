-- Every order day of a customer with the day of the next one: each is the start of a wait. Placed orders count,
-- whatever became of them: a cancellation or a refund is known only later, and would tell at a cut what came after it.
-- `gaps` and the sum of their logarithms are the past of the day, `ordered_again_on` is its future.
create or replace temp table order_waits as
with

order_days as (

    select distinct
        customer_id,
        order_date
    from marts.orders
    where customer_id is not null and status <> 'credit_note' and order_date <= $as_of

),

neighbours as (

    select
        customer_id,
        order_date,
        lag(order_date) over (partition by customer_id order by order_date) as previous_date,
        lead(order_date) over (partition by customer_id order by order_date) as ordered_again_on
    from order_days

),

final as (

    select
        customer_id,
        order_date,
        ordered_again_on,
        cast(row_number() over (partition by customer_id order by order_date) - 1 as integer) as gaps,
        -- Whole millionths, because sums of fractions depend on the order in which they are added.
        cast(
            coalesce(
                sum(cast(round(ln(order_date - previous_date) * 1000000) as bigint)) over (
                    partition by customer_id order by order_date rows between unbounded preceding and current row
                ),
                0
            ) as bigint
        ) as log_gaps_millionths
    from neighbours

)

select * from final
