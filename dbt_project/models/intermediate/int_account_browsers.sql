with

logins as (

    select * from {{ ref('int_browser_logins') }}

),

registrations as (

    select * from {{ ref('stg_registrations') }}

),

pairs as (

    select platform, account_id, anonymous_id
    from logins
    union all
    select platform, account_id, anonymous_id
    from registrations

),

final as (

    select distinct
        platform,
        account_id,
        anonymous_id as identifier,
        case
            when length(anonymous_id) < {{ rule_value('identity_rules', 'min_length_browser') }} then 'invalid'
        end as unusable_reason
    from pairs
    where account_id is not null and anonymous_id is not null

)

select * from final
