-- Each active day of a customer with the customer's next one, counted. Whoever was active in a window is counted by
-- the last active day in it, and came back in time if the next active day lies in the window after: so every window
-- of every day follows from these counts. A gap beyond two of the longest windows counts as none.
with

active_days as (

    select
        customer_id,
        session_date as active_date
    from marts.sessions
    where customer_id is not null and session_date <= $as_of
    union
    select
        customer_id,
        order_date as active_date
    from marts.orders
    where is_sale and customer_id is not null and order_date <= $as_of

),

gaps as (

    select
        customer_id,
        active_date,
        lead(active_date) over (partition by customer_id order by active_date) - active_date as days_to_next
    from active_days

),

described as (

    select
        gaps.active_date,
        case when gaps.days_to_next < 2 * $longest_window_days then cast(gaps.days_to_next as integer) end
            as days_to_next,
        scores.rfm_tier,
        customers.acquisition_channel
    from gaps
    left join marts.rfm_scores as scores on gaps.customer_id = scores.customer_id
    left join intermediate.int_customers as customers on gaps.customer_id = customers.customer_id

),

counted as (

    select
        active_date,
        days_to_next,
        rfm_tier,
        acquisition_channel,
        count(*) as customer_days
    from described
    group by active_date, days_to_next, rfm_tier, acquisition_channel

),

segmented as (

    select
        active_date,
        days_to_next,
        case grouping(rfm_tier, acquisition_channel)
            when 3 then 'all'
            when 1 then 'tier:' || rfm_tier
            when 2 then 'channel:' || acquisition_channel
        end as segment,
        cast(sum(customer_days) as bigint) as customer_days
    from counted
    group by grouping sets (
        (active_date, days_to_next),
        (active_date, days_to_next, rfm_tier),
        (active_date, days_to_next, acquisition_channel)
    )

)

select
    segment,
    active_date,
    days_to_next,
    customer_days
from segmented
where segment is not null
order by segment, active_date, days_to_next
