-- Several persons behind one e-mail or phone: a household shares a mailbox, a returned number goes to somebody else.
-- Accounts with another name and another birth date are other persons; one that lacks either is no evidence.
-- A mailbox has its persons at once. A number passes on in order of registration, and only long after the last known
-- person registered; an account that says too little stays with the holder before it.
with

stated as (

    select 'email' as kind, platform, account_id, identifier
    from {{ ref('int_account_emails') }}
    where unusable_reason is null
    union all
    select 'phone' as kind, platform, account_id, identifier
    from {{ ref('int_account_phones') }}
    where unusable_reason is null

),

shared as (

    select kind, identifier
    from stated
    group by 1, 2
    having count(*) > 1

),

accounts as (

    select
        stated.kind,
        stated.platform,
        stated.account_id,
        stated.identifier,
        registrations.registered_at,
        registrations.birth_date,
        lower({{ replace_pattern(half_width('registrations.name'), '[[:space:]]') }}) as name,
        registrations.name is not null and registrations.birth_date is not null
        and (stated.kind = 'email' or registrations.registered_at is not null) as is_known,
        row_number() over (
            partition by stated.kind, stated.identifier
            order by registrations.registered_at nulls last, stated.platform, stated.account_id
        ) as arrival
    from stated
    inner join shared on stated.kind = shared.kind and stated.identifier = shared.identifier
    inner join {{ ref('int_registrations') }} as registrations
        on stated.platform = registrations.platform and stated.account_id = registrations.account_id

),

known_before as (

    select
        *,
        lag(registered_at) over (partition by identifier, is_known order by arrival) as known_registered_at,
        lag(name) over (partition by identifier, is_known order by arrival) as known_name,
        lag(birth_date) over (partition by identifier, is_known order by arrival) as known_birth_date
    from accounts
    where kind = 'phone'

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

named as (

    select
        *,
        case when name is null then arrival else min(arrival) over (partition by identifier, name) end as by_name
    from accounts
    where kind = 'email'

),

born as (

    select
        *,
        case when birth_date is null then by_name else min(by_name) over (partition by identifier, birth_date) end
            as by_birth_date
    from named

),

-- Once more by name: two names that share a birth date are one person, with all accounts of either.
persons as (

    select
        *,
        case when name is null then by_birth_date else min(by_birth_date) over (partition by identifier, name) end
            as person
    from born

),

known_persons as (

    select
        *,
        min(case when is_known then person end) over (partition by identifier, person) as known_person,
        min(case when is_known then person end) over (partition by identifier) as first_known_person
    from persons

),

final as (

    select
        kind,
        platform,
        account_id,
        1 + sum(is_handover) over (
            partition by identifier order by arrival rows between unbounded preceding and current row
        ) as holder_number
    from handovers
    union all
    select
        kind,
        platform,
        account_id,
        coalesce(known_person, first_known_person, 1) as holder_number
    from known_persons

)

select * from final
