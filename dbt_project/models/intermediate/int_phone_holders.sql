-- Several persons behind one telephone: a returned number goes to somebody else. It passes on in order of registration,
-- to an account with another name and another birth date, and only long after the last known person registered. An
-- account that lacks one of the three is no evidence and stays with the holder before it.
with

shared as (

    select identifier
    from {{ ref('int_account_phones') }}
    where unusable_reason is null
    group by 1
    having count(*) > 1

),

accounts as (

    select
        phones.platform,
        phones.account_id,
        phones.identifier,
        registrations.registered_at,
        registrations.birth_date,
        {{ compared_name('registrations.name') }} as name,
        registrations.name is not null
        and registrations.birth_date is not null
        and registrations.registered_at is not null as is_known,
        row_number() over (
            partition by phones.identifier
            order by registrations.registered_at nulls last, phones.platform, phones.account_id
        ) as arrival
    from {{ ref('int_account_phones') }} as phones
    inner join shared on phones.identifier = shared.identifier
    inner join {{ ref('int_registrations') }} as registrations
        on phones.platform = registrations.platform and phones.account_id = registrations.account_id
    where phones.unusable_reason is null

),

known_before as (

    select
        *,
        lag(registered_at) over (partition by identifier, is_known order by arrival) as known_registered_at,
        lag(name) over (partition by identifier, is_known order by arrival) as known_name,
        lag(birth_date) over (partition by identifier, is_known order by arrival) as known_birth_date
    from accounts

),

handovers as (

    select
        *,
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
            partition by identifier order by arrival rows between unbounded preceding and current row
        ) as holder_number
    from handovers

)

select * from final
