-- The category: the first row of seeds/customer_categories.csv that holds.
with

facts as (

    select is_blocked, lifetime_orders, placed_orders_in_period, orders_in_period
    from explained_standing

),

rules as (

    select customer_category, label_zh, precedence, reason from seeds.customer_categories
    where valid_from = (select max(valid_from) from seeds.customer_categories where valid_from <= $as_of)

),

tried as (

    select
        rules.*,
        case rules.customer_category
            when 'malicious' then facts.is_blocked
            when 'no_sale' then facts.placed_orders_in_period > 0 and facts.orders_in_period = 0
            when 'never_ordered' then facts.lifetime_orders = 0
            when 'lapsed' then facts.placed_orders_in_period = 0
            when 'new' then facts.lifetime_orders = facts.orders_in_period
            when 'tiered' then true
        end as holds
    from rules
    cross join facts

),

final as (

    select
        segments.customer_category as level,
        tried.customer_category as level_by_rule,
        facts,
        'customer_categories' as seed,
        {
            'rule': tried.customer_category, 'value': tried.precedence, 'unit': 'rank',
            'reason': tried.reason, 'label_zh': tried.label_zh
        } as rule
    from facts
    cross join explained_standing as segments
    left join tried on tried.holds
    order by tried.precedence
    limit 1

)

select * from final
