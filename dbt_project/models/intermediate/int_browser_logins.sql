with

activity as (

    select * from {{ ref('int_browse_activity') }}

),

final as (

    select
        platform,
        account_id,
        anonymous_id,
        min(started_at) as first_logged_in_at
    from activity
    where account_id is not null
    group by 1, 2, 3

)

select * from final
