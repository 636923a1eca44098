with

source as (

    select * from {{ source('raw', 'registrations') }}

),

versions as (

    select
        platform,
        account_id,
        registered_at,
        coalesce(updated_at, registered_at) as version_at,
        nullif(trim(name), '') as name,
        nullif(trim(email), '') as email,
        nullif(trim(phone), '') as phone,
        nullif(trim(gender), '') as gender,
        birth_date,
        nullif(trim(country), '') as country,
        nullif(trim(province), '') as province,
        nullif(trim(city), '') as city,
        nullif(trim(occupation), '') as occupation,
        nullif(trim(acquisition_channel), '') as acquisition_channel,
        email_consent as has_email_consent,
        sms_consent as has_sms_consent,
        coalesce(lower(trim(status)) = 'blocked', false) as is_blocked,
        nullif(trim(anonymous_id), '') as anonymous_id,
        nullif(trim(referred_by), '') as referred_by,
        row_number() over (
            partition by platform, account_id
            order by
                coalesce(updated_at, registered_at) desc nulls last,
                case when lower(trim(status)) = 'blocked' then 1 else 0 end desc,
                _row_hash desc
        ) as version_number
    from source

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
        anonymous_id,
        referred_by
    from versions
    where version_number = 1

)

select * from final
