with

account_customers as (

    select * from {{ ref('int_account_customers') }}

),

registrations as (

    select * from {{ ref('int_registrations') }}

),

contacts as (

    select
        platform,
        account_id,
        bool_or(kind = 'email' and is_valid) as is_email_valid,
        bool_or(kind = 'phone' and is_valid) as is_phone_valid
    from {{ ref('int_account_identifiers') }}
    where kind in ('email', 'phone')
    group by 1, 2

),

final as (

    select
        account_customers.customer_id,
        account_customers.platform,
        account_customers.account_id,
        registrations.registered_at,
        registrations.version_at,
        registrations.country,
        registrations.province,
        registrations.city,
        registrations.gender,
        registrations.birth_date,
        registrations.occupation,
        registrations.acquisition_channel,
        registrations.has_email_consent,
        registrations.has_sms_consent,
        registrations.is_blocked,
        -- An account without a registration says nothing about contacts, so nothing is known rather than invalid.
        case
            when registrations.account_id is not null then coalesce(contacts.is_email_valid, false)
        end as is_email_valid,
        case
            when registrations.account_id is not null then coalesce(contacts.is_phone_valid, false)
        end as is_phone_valid
    from account_customers
    left join registrations
        on
            account_customers.platform = registrations.platform
            and account_customers.account_id = registrations.account_id
    left join contacts
        on
            account_customers.platform = contacts.platform
            and account_customers.account_id = contacts.account_id

)

select * from final
