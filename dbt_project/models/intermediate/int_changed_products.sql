-- Products whose category or brand is another than in the last build: their lines are restated.
{% if is_continued('order_items') %}
with

before as (

    select * from {{ source('last_build', 'products') }}

),

now as (

    select * from {{ ref('stg_products') }}

),

final as (

    select coalesce(now.product_id, before.product_id) as product_id
    from now
    full outer join before on now.product_id = before.product_id
    where now.category is distinct from before.category or now.brand is distinct from before.brand

)

select * from final
{% else %}
select cast(null as {{ dbt.type_string() }}) as product_id
where false
{% endif %}
