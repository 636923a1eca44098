with

source as (

    select * from {{ source('raw', 'feedback') }}

),

versions as (

    select
        feedback_id,
        platform,
        nullif(trim(account_id), '') as account_id,
        order_id,
        created_at,
        kind,
        score,
        text as answer_text,
        row_number() over (
            partition by platform, feedback_id
            order by created_at desc nulls last, _row_hash desc
        ) as version_number
    from source

),

final as (

    select
        feedback_id,
        platform,
        account_id,
        order_id,
        created_at,
        kind,
        score,
        answer_text
    from versions
    where version_number = 1

)

select * from final
