-- Several persons behind one e-mail: a household shares a mailbox, at once and for good. Accounts with another name and
-- another birth date are other persons; an equal name or birth date is enough to be one, also over a third account. An
-- account that says too little is whoever it agrees with, else the first known person.
with

shared as (

    select identifier
    from {{ ref('int_account_emails') }}
    where unusable_reason is null
    group by 1
    having count(*) > 1

),

accounts as (

    select
        emails.platform,
        emails.account_id,
        emails.identifier,
        registrations.birth_date,
        {{ compared_name('registrations.name') }} as name,
        registrations.name is not null and registrations.birth_date is not null as is_known,
        row_number() over (
            partition by emails.identifier
            order by registrations.registered_at nulls last, emails.platform, emails.account_id
        ) as arrival
    from {{ ref('int_account_emails') }} as emails
    inner join shared on emails.identifier = shared.identifier
    inner join {{ ref('int_registrations') }} as registrations
        on emails.platform = registrations.platform and emails.account_id = registrations.account_id
    where emails.unusable_reason is null

),

named as (

    select
        *,
        case when name is null then arrival else min(arrival) over (partition by identifier, name) end as by_name
    from accounts

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
        platform,
        account_id,
        coalesce(known_person, first_known_person, 1) as holder_number
    from known_persons

)

select * from final
