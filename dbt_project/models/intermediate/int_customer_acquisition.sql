-- When each buyer was won, and in which festival (大促获客); its days without the warm-up.
with

firsts as (

    select
        customer_id,
        order_date as first_order_date
    from {{ ref('orders') }}
    where order_number = 1

),

-- Where festivals overlap, the one that began last counts.
festival_days as (

    select
        days.first_order_date,
        {{ latest('festivals.festival', ['festivals.starts_on', 'festivals.festival']) }} as festival
    from (select distinct first_order_date from firsts) as days
    inner join {{ rule_set_in_force('festivals', 'festival') }} as festivals
        on days.first_order_date between festivals.starts_on and festivals.ends_on
    group by 1

),

final as (

    select
        firsts.customer_id,
        firsts.first_order_date,
        coalesce(festival_days.festival, 'none') as won_in_festival
    from firsts
    left join festival_days on firsts.first_order_date = festival_days.first_order_date

)

select
    customer_id,
    first_order_date,
    won_in_festival
from final
