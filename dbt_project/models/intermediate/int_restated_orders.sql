-- Orders that are not what they were in the last build: a newer version, a line, a day that has come, a moved account.
{% if is_continued('orders') %}
with

unseen_orders as (

    select
        platform,
        order_id
    from {{ ref('stg_orders') }}
    where {{ is_unseen('ordered_at') }}

),

unseen_lines as (

    select
        platform,
        order_id
    from {{ ref('stg_order_items') }}
    where {{ is_unseen() }}

),

moved_orders as (

    select
        orders.platform,
        orders.order_id
    from {{ source('last_build_marts', 'orders') }} as orders
    inner join {{ ref('int_moved_accounts') }} as moved
        on orders.platform = moved.platform and orders.account_id = moved.account_id

),

restated as (

    select * from unseen_orders
    union
    select * from unseen_lines
    union
    select * from moved_orders

),

final as (

    select
        platform,
        order_id,
        {{ key_hash(['platform', 'order_id']) }} as order_hash
    from restated

)

select * from final
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as platform,
    cast(null as {{ dbt.type_string() }}) as order_id,
    cast(null as {{ key_hash_type() }}) as order_hash
where false
{% endif %}
