{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}
-- What became of the accepted lines of orders; the amount is price times quantity less discount.
with

versions as (

    select * from {{ ref('stg_order_item_versions') }}

),

staged as (

    select * from {{ ref('stg_order_items') }}

),

late_orders as (

    select * from {{ ref('stg_orders') }}
    where ordered_at >= {{ as_of_end() }}

),

known_orders as (

    select {{ key_hash(['platform', 'order_id']) }} as key_hash
    from {{ ref('orders') }}

),

items as (

    select * from {{ ref('order_items') }}

),

orphans as (

    select * from staged
    where {{ key_hash(['platform', 'order_id']) }} not in (select key_hash from known_orders)

),

final as (

    select
        'superseded' as stage,
        'a newer version of the line came' as reason,
        count(*) as row_count,
        sum(unit_price * quantity - coalesce(discount_amount, 0)) as amount
    from versions
    where version_number > 1
    union all
    select
        'excluded' as stage,
        case
            when late_orders.order_id is not null then 'its order is dated after the as-of date'
            else 'its order was refused or never came'
        end as reason,
        count(*) as row_count,
        sum(orphans.unit_price * orphans.quantity - orphans.discount_amount) as amount
    from orphans
    left join late_orders
        on orphans.platform = late_orders.platform and orphans.order_id = late_orders.order_id
    group by 2
    union all
    select
        'marts' as stage,
        'in marts.order_items' as reason,
        count(*) as row_count,
        sum(unit_price * quantity - discount_amount) as amount
    from items

)

select * from final
