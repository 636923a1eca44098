-- First-time buyers by segment, window and day of the first order: how many, and how many came back on a later day of
-- the window. A second order on the first day is the same visit. Orders are read once.
with

order_days as (

    select distinct
        customer_id,
        order_date
    from marts.orders
    where is_sale and customer_id is not null and order_date <= $as_of

),

buyers as (

    select
        customer_id,
        min(order_date, 2) as first_two_days
    from order_days
    group by customer_id

),

described as (

    select
        buyers.first_two_days[1] as first_order_date,
        list_min(list_filter(
            $windows_days, lambda days: days >= buyers.first_two_days[2] - buyers.first_two_days[1]
        )) as shortest_window_days,
        scores.rfm_tier,
        customers.acquisition_channel,
        customers.province,
        acquisition.won_in_festival
    from buyers
    left join marts.rfm_scores as scores on buyers.customer_id = scores.customer_id
    left join intermediate.int_customers as customers on buyers.customer_id = customers.customer_id
    left join intermediate.int_customer_acquisition as acquisition on buyers.customer_id = acquisition.customer_id

),

segmented as (

    select
        first_order_date,
        shortest_window_days,
        unnest([
            'all',
            'tier:' || rfm_tier,
            'channel:' || acquisition_channel,
            'province:' || province,
            'festival:' || won_in_festival,
            case when won_in_festival <> 'none' then 'festival:any' end
        ]) as segment
    from described

),

counted as (

    select
        segment,
        first_order_date,
        shortest_window_days,
        count(*) as customers
    from segmented
    where segment is not null
    group by segment, first_order_date, shortest_window_days

),

windows as (

    select cast(unnest($windows_days) as integer) as window_days

)

select
    counted.segment,
    windows.window_days,
    counted.first_order_date,
    cast(sum(counted.customers) as bigint) as customers,
    cast(coalesce(
        sum(counted.customers) filter (where counted.shortest_window_days <= windows.window_days), 0
    ) as bigint) as returned
from counted
cross join windows
group by counted.segment, windows.window_days, counted.first_order_date
order by counted.segment, windows.window_days, counted.first_order_date
