-- What customer_360 does not hold of the profile (画像). Age band, gender, region, occupation, favourites and main device
-- and part of the day stand there.
with rules as (
    select {{ values_as_columns(
        'rule',
        ['price_low_below', 'price_high_above', 'promotion_high_from', 'promotion_low_below', 'min_orders'],
        'value'
    ) }}
    from {{ rule_set_in_force('profile_rules') }} as in_force
),

-- What no source delivers stays unknown (NULL); only what was delivered can be counted as none (0).
delivered as (
    select exists(select 1 from {{ ref('tickets') }}) as has_tickets
),

final as (
    select
        customers.customer_id,
        coalesce(promotions.orders, 0) as profiled_orders,
        habits.main_daypart_share,
        case habits.main_weekday
            when 1 then 'monday' when 2 then 'tuesday' when 3 then 'wednesday' when 4 then 'thursday'
            when 5 then 'friday' when 6 then 'saturday' when 7 then 'sunday'
        end as main_weekday,
        habits.main_weekday_share,
        habits.weekend_order_share,
        habits.main_device_share,
        habits.mobile_share,
        habits.main_payment_method,
        habits.main_payment_share,
        prices.price_index,
        case
            when prices.price_index < rules.price_low_below then 'low'
            when prices.price_index > rules.price_high_above then 'high'
            when prices.price_index is not null then 'medium'
        end as price_level,
        promotions.discount_spend_share,
        promotions.discount_rate,
        promotions.festival_order_share,
        promotions.festival_spend_share,
        acquisition.won_in_festival,
        case
            when promotions.orders < rules.min_orders then null
            when habits.discount_order_share >= rules.promotion_high_from then 'high'
            when habits.discount_order_share < rules.promotion_low_below then 'low'
            when habits.discount_order_share is not null then 'medium'
        end as promotion_sensitivity,
        favourites.favourite_category_share,
        favourites.favourite_brand_share,
        case when delivered.has_tickets then coalesce(needs.tickets_12m, 0) end as tickets_12m,
        case when delivered.has_tickets then coalesce(needs.logistics_tickets_12m, 0) end as logistics_tickets_12m,
        case when delivered.has_tickets then coalesce(needs.after_sales_tickets_12m, 0) end as after_sales_tickets_12m,
        case
            when not delivered.has_tickets then null
            when coalesce(greatest(needs.logistics_tickets_12m, needs.after_sales_tickets_12m), 0) = 0 then 'none'
            when needs.logistics_tickets_12m > needs.after_sales_tickets_12m then 'logistics'
            when needs.logistics_tickets_12m < needs.after_sales_tickets_12m then 'after_sales'
            else 'both'
        end as service_need
    from {{ ref('int_customers') }} as customers
    cross join rules
    cross join delivered
    left join {{ ref('int_customer_habits') }} as habits on habits.customer_id = customers.customer_id
    left join {{ ref('int_customer_promotions') }} as promotions on promotions.customer_id = customers.customer_id
    left join {{ ref('int_customer_acquisition') }} as acquisition on acquisition.customer_id = customers.customer_id
    left join {{ ref('int_customer_prices') }} as prices on prices.customer_id = customers.customer_id
    left join {{ ref('int_customer_favourites') }} as favourites on favourites.customer_id = customers.customer_id
    left join {{ ref('int_customer_service_needs') }} as needs on needs.customer_id = customers.customer_id
)

select
    customer_id,
    profiled_orders,
    main_daypart_share,
    main_weekday,
    main_weekday_share,
    weekend_order_share,
    main_device_share,
    mobile_share,
    main_payment_method,
    main_payment_share,
    price_index,
    price_level,
    discount_spend_share,
    discount_rate,
    festival_order_share,
    festival_spend_share,
    won_in_festival,
    promotion_sensitivity,
    favourite_category_share,
    favourite_brand_share,
    tickets_12m,
    logistics_tickets_12m,
    after_sales_tickets_12m,
    service_need
from final
