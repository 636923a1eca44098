with

activity as (

    select * from {{ ref('int_browse_activity') }}

),

final as (

    select distinct
        platform,
        account_id,
        anonymous_id
    from activity
    where account_id is not null

)

select * from final
