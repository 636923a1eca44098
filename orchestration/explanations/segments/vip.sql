-- VIP on the as-of date, and the window that earned it; without it the window that ends on the as-of date. The rows of
-- seeds/vip_rules.csv all have to hold.
with

rules as (

    select
        max(case when rule = 'min_orders' then value end) as min_orders,
        max(case when rule = 'min_items' then value end) as min_items,
        max(case when rule = 'min_net_revenue' then value end) as min_net_revenue,
        max(case when rule = 'window_months' then value end) as window_months,
        max(case when rule = 'validity_months' then value end) as validity_months,
        max(case when rule = 'window_months' then reason end) as reason
    from seeds.vip_rules
    where valid_from = (select max(valid_from) from seeds.vip_rules where valid_from <= $as_of)

),

-- Without order lines nobody can be told to have bought enough pieces.
delivered as (

    select exists(select 1 from marts.order_items) as has_items

),

periods as (

    select max(earned_on) as earned_on, max(vip_until) as vip_until
    from intermediate.int_customer_vip
    where customer_id = $customer_id and earned_on <= $as_of and vip_until > $as_of

),

facts as (

    select
        periods.earned_on,
        periods.vip_until,
        coalesce(periods.earned_on, $as_of) as window_ends_on,
        count(case when orders.is_sale then 1 end) as orders,
        cast(coalesce(sum(case when orders.is_sale then orders.item_count end), 0) as bigint) as items,
        cast(coalesce(sum(orders.net_revenue), 0) as decimal(18, 2)) as net_revenue
    from periods
    cross join rules
    left join marts.orders as orders
        on
            orders.customer_id = $customer_id
            and orders.order_date <= coalesce(periods.earned_on, $as_of)
            and orders.order_date > months_before(coalesce(periods.earned_on, $as_of), rules.window_months)
    group by periods.earned_on, periods.vip_until

),

final as (

    select
        case
            when not delivered.has_items then 'unknown'
            when facts.earned_on is not null then 'vip'
            else 'none'
        end as level,
        case
            when not delivered.has_items then 'unknown'
            when
                facts.orders >= rules.min_orders
                and facts.items >= rules.min_items
                and facts.net_revenue >= rules.min_net_revenue
                then 'vip'
            else 'none'
        end as level_by_rule,
        facts,
        'vip_rules' as seed,
        rules as rule,
        level_by_rule <> 'vip' as is_missed
    from facts
    cross join rules
    cross join delivered

)

select * from final
