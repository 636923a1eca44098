-- Visitors with events that the last build has not seen: all of their sessions are cut anew.
{% if is_continued('int_sessions') %}
with

new_activity as (

    select * from {{ ref('int_new_browse_activity') }}

),

final as (

    select distinct visitor_hash
    from new_activity

)

select * from final
{% else %}
select cast(null as {{ key_hash_type() }}) as visitor_hash
where false
{% endif %}
