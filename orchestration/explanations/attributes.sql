-- The surviving value of each attribute, and the statement that it comes from. What the statements give must be what
-- int_customers holds: `agrees`.
with

survived as (

    select
        unnest([
            {'position': 1, 'attribute': 'registered_at', 'value': cast(first_registered_at as varchar)},
            {'position': 2, 'attribute': 'country', 'value': country},
            {'position': 3, 'attribute': 'province', 'value': province},
            {'position': 4, 'attribute': 'city', 'value': city},
            {'position': 5, 'attribute': 'gender', 'value': gender},
            {'position': 6, 'attribute': 'birth_date', 'value': cast(birth_date as varchar)},
            {'position': 7, 'attribute': 'occupation', 'value': occupation},
            {'position': 8, 'attribute': 'acquisition_channel', 'value': acquisition_channel},
            {'position': 9, 'attribute': 'has_email_consent', 'value': cast(has_email_consent as varchar)},
            {'position': 10, 'attribute': 'has_sms_consent', 'value': cast(has_sms_consent as varchar)},
            {'position': 11, 'attribute': 'is_email_valid', 'value': cast(is_email_valid as varchar)},
            {'position': 12, 'attribute': 'is_phone_valid', 'value': cast(is_phone_valid as varchar)},
            {'position': 13, 'attribute': 'is_blocked', 'value': cast(is_blocked as varchar)}
        ], recursive := true),
        age_band
    from intermediate.int_customers
    where customer_id = $customer_id

),

final as (

    select
        survived.position,
        -- A birth date stays private; its age band is what is published.
        case survived.attribute
            when 'registered_at' then 'first_registered_at'
            when 'birth_date' then 'age_band'
            else survived.attribute
        end as attribute,
        case when survived.attribute = 'birth_date' then survived.age_band else survived.value end as value,
        coalesce(rules.rule, 'any_account') as rule,
        rules.reason,
        accounts.platform,
        accounts.shown_id as account_id,
        reporting_date(sources.stated_at, $reporting_time_zone) as stated_on,
        case
            when rules.rule is null then coalesce(survived.value, 'false') = coalesce(sources.value, 'false')
            else survived.value is not distinct from sources.value
        end as agrees
    from survived
    left join explained_rules as rules on survived.attribute = rules.attribute
    left join explained_sources as sources on survived.attribute = sources.attribute
    left join explained_accounts as accounts on sources.account_number = accounts.account_number

)

select * exclude (position) from final
order by position
