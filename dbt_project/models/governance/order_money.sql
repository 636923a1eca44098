{{ config(materialized='view', schema='intermediate', contract={'enforced': false}) }}
-- What became of the accepted rows of orders; the amount is the paid amount.
with

versions as (

    select * from {{ ref('stg_order_versions') }}

),

staged as (

    select * from {{ ref('stg_orders') }}

),

orders as (

    select * from {{ ref('orders') }}

),

final as (

    select
        'superseded' as stage,
        'a newer version of the order came' as reason,
        count(*) as row_count,
        sum(paid_amount) as amount
    from versions
    where version_number > 1
    union all
    select
        'excluded' as stage,
        'dated after the as-of date' as reason,
        count(*) as row_count,
        sum(paid_amount) as amount
    from staged
    where ordered_at >= {{ as_of_end() }}
    union all
    select
        'marts' as stage,
        'in marts.orders' as reason,
        count(*) as row_count,
        sum(paid_amount) as amount
    from orders

)

select * from final
