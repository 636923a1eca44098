-- Sessions of the last build that are replaced: of visitors who were seen again, of moved accounts and browsers, of
-- customers whose orders changed.
{% if is_continued('sessions') %}
with

sessions as (

    select * from {{ source('last_build_intermediate', 'int_sessions') }}

),

published as (

    select
        session_id,
        customer_id
    from {{ source('last_build_marts', 'sessions') }}

),

of_visitors as (

    select session_id
    from sessions
    where visitor_hash in (select visitor_hash from {{ ref('int_restated_visitors') }})

),

of_accounts as (

    select sessions.session_id
    from sessions
    inner join {{ ref('int_moved_accounts') }} as moved
        on sessions.platform = moved.platform and sessions.account_id = moved.account_id

),

of_browsers as (

    select session_id
    from sessions
    where anonymous_id in (select anonymous_id from {{ ref('int_moved_browsers') }})

),

of_customers as (

    select session_id
    from published
    where customer_id in (select customer_id from {{ ref('int_restated_customers') }})

),

final as (

    select * from of_visitors
    union
    select * from of_accounts
    union
    select * from of_browsers
    union
    select * from of_customers

)

select * from final
{% else %}
select cast(null as {{ dbt.type_string() }}) as session_id
where false
{% endif %}
