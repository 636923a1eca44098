-- The statement that each attribute of the customer comes from, by its row of seeds/attribute_survivorship.csv.
with

stated as (

    select
        account_number,
        platform,
        account_id,
        registered_at,
        version_at,
        unnest([
            {'attribute': 'registered_at', 'value': cast(registered_at as varchar)},
            {'attribute': 'country', 'value': country},
            {'attribute': 'province', 'value': province},
            {'attribute': 'city', 'value': city},
            {'attribute': 'gender', 'value': gender},
            {'attribute': 'birth_date', 'value': cast(birth_date as varchar)},
            {'attribute': 'occupation', 'value': occupation},
            {'attribute': 'acquisition_channel', 'value': acquisition_channel},
            {'attribute': 'has_email_consent', 'value': cast(has_email_consent as varchar)},
            {'attribute': 'has_sms_consent', 'value': cast(has_sms_consent as varchar)}
        ], recursive := true)
    from explained_registrations

),

winners as (

    select
        rules.attribute,
        max_by(
            {
                'account_number': stated.account_number,
                'value': stated.value,
                'stated_at': case when rules.rule = 'oldest' then stated.registered_at else stated.version_at end
            },
            (
                case
                    when rules.rule = 'oldest' then -epoch_us(stated.registered_at)
                    else epoch_us(stated.version_at)
                end,
                stated.platform,
                stated.account_id
            )
        ) as winner
    from stated
    inner join explained_rules as rules on stated.attribute = rules.attribute
    where stated.value is not null
    group by 1

),

-- What one account's word suffices for has no row among the rules; the first account that gives it is named.
flags as (

    select 'is_blocked' as attribute, account_number from explained_registrations
    where is_blocked
    union all
    select 'is_email_valid' as attribute, account_number from explained_identifiers
    where kind = 'email' and is_valid
    union all
    select 'is_phone_valid' as attribute, account_number from explained_identifiers
    where kind = 'phone' and is_valid

),

final as (

    select attribute, winner.account_number, winner.value, winner.stated_at from winners
    union all
    select flags.attribute, flags.account_number, 'true' as value, registrations.version_at as stated_at
    from (select attribute, min(account_number) as account_number from flags group by 1) as flags
    inner join explained_registrations as registrations on flags.account_number = registrations.account_number

)

select * from final
