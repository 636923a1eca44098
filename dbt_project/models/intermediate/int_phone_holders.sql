-- A returned number goes to the next subscriber. In order of registration, an account with another name, another birth
-- date and a registration long after the one before it starts a new holder; unknown names or dates never do.
with

phones as (

    select * from {{ ref('int_account_phones') }}
    where unusable_reason is null

),

neighbours as (

    select
        platform,
        account_id,
        identifier,
        registered_at,
        name,
        birth_date,
        lag(registered_at) over (
            partition by identifier order by registered_at, platform, account_id
        ) as previous_registered_at,
        lag(name) over (partition by identifier order by registered_at, platform, account_id) as previous_name,
        lag(birth_date) over (
            partition by identifier order by registered_at, platform, account_id
        ) as previous_birth_date
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
                name <> previous_name
                and birth_date <> previous_birth_date
                and registered_at
                > {{ dbt.dateadd(
                    'month', rule_value('identity_rules', 'phone_reuse_after'), 'previous_registered_at'
                ) }}
                then 1
            else 0
        end as is_handover
    from neighbours

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
