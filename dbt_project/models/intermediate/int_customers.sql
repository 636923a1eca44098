{%- set attributes = [
    'registered_at', 'country', 'province', 'city', 'gender', 'birth_date', 'occupation', 'acquisition_channel',
    'has_email_consent', 'has_sms_consent'
] -%}
with

accounts as (

    select * from {{ ref('int_account_attributes') }}

),

age_bands as (

    select * from {{ rule_set_in_force('age_bands') }} as rules

),

survivorship as (

    select {{ values_as_columns('attribute', attributes, 'rule') }}
    from {{ rules_in_force('attribute_survivorship', ['attribute']) }} as rules

),

surviving as (

    select
        accounts.customer_id,
        cast(count(*) as integer) as account_count,
        {{ sorted_list('accounts.platform') }} as platforms,
        {% for attribute in attributes %}
        {{ latest('accounts.' ~ attribute, [
            "case when survivorship." ~ attribute ~ " = 'oldest'
                then -" ~ instant_rank('accounts.registered_at') ~ "
                else " ~ instant_rank('accounts.version_at') ~ " end",
            'accounts.platform',
            'accounts.account_id'
        ]) }} as {{ attribute }},
        {% endfor %}
        bool_or(accounts.is_email_valid) as is_email_valid,
        bool_or(accounts.is_phone_valid) as is_phone_valid,
        coalesce(bool_or(accounts.is_blocked), false) as is_blocked
    from accounts
    cross join survivorship
    group by 1

),

final as (

    select
        surviving.customer_id,
        surviving.account_count,
        surviving.platforms,
        surviving.registered_at as first_registered_at,
        surviving.country,
        surviving.province,
        surviving.city,
        surviving.gender,
        surviving.birth_date,
        age_bands.age_band,
        surviving.occupation,
        surviving.acquisition_channel,
        surviving.is_email_valid,
        surviving.is_phone_valid,
        surviving.has_email_consent,
        surviving.has_sms_consent,
        surviving.is_blocked
    from surviving
    left join age_bands
        on {{ age_in_years('surviving.birth_date') }} between age_bands.min_age and age_bands.max_age

)

select * from final
