-- Registrations known on the as-of date. One that comes later must neither exist nor decide what others share.
with

registrations as (

    select * from {{ ref('stg_registrations') }}

),

final as (

    select
        platform,
        account_id,
        registered_at,
        version_at,
        name,
        email,
        phone,
        gender,
        birth_date,
        country,
        province,
        city,
        occupation,
        acquisition_channel,
        has_email_consent,
        has_sms_consent,
        is_blocked,
        anonymous_id
    from registrations
    where registered_at < {{ as_of_end() }} or registered_at is null

)

select * from final
