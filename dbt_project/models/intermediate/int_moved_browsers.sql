-- Browsers that name another customer than in the last build, or named none in it.
{% if is_continued('sessions') %}
with

before as (

    select * from {{ source('last_build', 'browser_customers') }}

),

now as (

    select * from {{ ref('int_browser_customers') }}

),

final as (

    select coalesce(now.anonymous_id, before.anonymous_id) as anonymous_id
    from now
    full outer join before on now.anonymous_id = before.anonymous_id
    where now.customer_id is distinct from before.customer_id

)

select * from final
{% else %}
select cast(null as {{ dbt.type_string() }}) as anonymous_id
where false
{% endif %}
