with

source as (

    select * from {{ source('raw', 'tickets') }}

),

versions as (

    select
        platform,
        ticket_id,
        nullif(trim(account_id), '') as account_id,
        created_at,
        first_response_at,
        resolved_at,
        channel,
        category,
        nullif(trim(topic), '') as topic,
        priority,
        escalation_level,
        handled_by,
        status,
        satisfaction,
        message,
        row_number() over (
            partition by platform, ticket_id
            order by
                coalesce(updated_at, created_at) desc nulls last,
                case when resolved_at is not null or status = 'resolved' then 1 else 0 end desc,
                escalation_level desc nulls last,
                _row_hash desc
        ) as version_number
    from source

),

final as (

    select
        platform,
        ticket_id,
        account_id,
        created_at,
        first_response_at,
        resolved_at,
        channel,
        category,
        topic,
        priority,
        escalation_level,
        handled_by,
        status,
        satisfaction,
        message
    from versions
    where version_number = 1

)

select * from final
