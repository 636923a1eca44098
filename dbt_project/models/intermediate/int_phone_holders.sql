-- A returned number goes to the next subscriber. In order of registration, an account with another name, another birth
-- date and a registration long after that of the last known holder starts a new holder. An account that lacks one of
-- the three is no evidence: it stays with the holder before it and does not stand between two who are known.
with

phones as (

    select
        platform,
        account_id,
        identifier,
        registered_at,
        name,
        birth_date,
        name is not null and birth_date is not null and registered_at is not null as is_known
    from {{ ref('int_account_phones') }}
    where unusable_reason is null

),

known_before as (

    select
        platform,
        account_id,
        identifier,
        registered_at,
        name,
        birth_date,
        is_known,
        lag(registered_at) over (
            partition by identifier, is_known order by registered_at, platform, account_id
        ) as known_registered_at,
        lag(name) over (
            partition by identifier, is_known order by registered_at, platform, account_id
        ) as known_name,
        lag(birth_date) over (
            partition by identifier, is_known order by registered_at, platform, account_id
        ) as known_birth_date
    from phones

),

handovers as (

    select
        platform,
        account_id,
        identifier,
        registered_at,
        case
            when
                is_known
                and name <> known_name
                and birth_date <> known_birth_date
                and registered_at
                > {{ dbt.dateadd('month', rule_value('identity_rules', 'phone_reuse_after'), 'known_registered_at') }}
                then 1
            else 0
        end as is_handover
    from known_before

),

final as (

    select
        platform,
        account_id,
        1 + sum(is_handover) over (
            partition by identifier order by registered_at, platform, account_id
            rows between unbounded preceding and current row
        ) as holder_number
    from handovers

)

select * from final
