-- Customers whose orders are numbered anew: those that had, or now have, a restated order.
{% if is_continued('orders') %}
with

restated as (

    select * from {{ ref('int_restated_orders') }}

),

moved as (

    select * from {{ ref('int_moved_accounts') }}

),

earlier_owners as (

    select orders.customer_id
    from {{ source('last_build_marts', 'orders') }} as orders
    inner join restated on orders.platform = restated.platform and orders.order_id = restated.order_id

),

owners as (

    select account_customers.customer_id
    from {{ ref('stg_orders') }} as orders
    inner join restated on orders.platform = restated.platform and orders.order_id = restated.order_id
    inner join {{ ref('int_account_customers') }} as account_customers
        on orders.platform = account_customers.platform and orders.account_id = account_customers.account_id

),

touched as (

    select customer_id from earlier_owners
    union
    select customer_id from owners
    union
    select previous_customer_id as customer_id from moved
    union
    select customer_id from moved

),

final as (

    select customer_id from touched
    where customer_id is not null

)

select * from final
{% else %}
select cast(null as {{ dbt.type_string() }}) as customer_id
where false
{% endif %}
