with

accounts as (

    select * from {{ ref('int_accounts') }}

),

limits as (

    select * from {{ rules_in_force('identity_rules', ['rule']) }} as rules

),

stated as (

    select 'email' as kind, platform, account_id, identifier, unusable_reason
    from {{ ref('int_account_emails') }}
    union all
    select 'phone' as kind, platform, account_id, identifier, unusable_reason
    from {{ ref('int_account_phones') }}
    union all
    select 'browser' as kind, platform, account_id, identifier, unusable_reason
    from {{ ref('int_account_browsers') }}

),

holders as (

    select * from {{ ref('int_identifier_holders') }}

),

-- Only accounts that exist on the as-of date count towards what is shared.
identifiers as (

    select
        stated.kind,
        accounts.account_number,
        accounts.platform,
        accounts.account_id,
        stated.identifier,
        coalesce(holders.holder_number, 1) as holder_number,
        stated.unusable_reason
    from stated
    inner join accounts on stated.platform = accounts.platform and stated.account_id = accounts.account_id
    left join holders
        on
            stated.kind = holders.kind
            and stated.platform = holders.platform
            and stated.account_id = holders.account_id

),

overshared as (

    select
        identifiers.kind,
        identifiers.identifier
    from identifiers
    inner join limits on limits.rule = 'max_accounts_' || identifiers.kind
    group by 1, 2, limits.value
    having count(*) > limits.value

),

final as (

    select
        identifiers.kind,
        identifiers.account_number,
        identifiers.platform,
        identifiers.account_id,
        identifiers.identifier,
        cast(identifiers.holder_number as integer) as holder_number,
        identifiers.unusable_reason is null as is_valid,
        coalesce(
            identifiers.unusable_reason, case when overshared.identifier is not null then 'shared' end
        ) as unusable_reason,
        identifiers.unusable_reason is null and overshared.identifier is null as is_usable
    from identifiers
    left join overshared
        on identifiers.kind = overshared.kind and identifiers.identifier = overshared.identifier

)

select * from final
