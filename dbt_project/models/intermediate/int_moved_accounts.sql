-- Accounts that belong to another customer than in the last build, or did not exist in it.
{% if is_continued('orders') or is_continued('sessions') %}
with

before as (

    select * from {{ source('last_build', 'account_customers') }}

),

now as (

    select * from {{ ref('int_account_customers') }}

),

final as (

    select
        coalesce(now.platform, before.platform) as platform,
        coalesce(now.account_id, before.account_id) as account_id,
        before.customer_id as previous_customer_id,
        now.customer_id
    from now
    full outer join before on now.platform = before.platform and now.account_id = before.account_id
    where now.customer_id is distinct from before.customer_id

)

select * from final
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as platform,
    cast(null as {{ dbt.type_string() }}) as account_id,
    cast(null as {{ dbt.type_string() }}) as previous_customer_id,
    cast(null as {{ dbt.type_string() }}) as customer_id
where false
{% endif %}
