-- What the steward's list says of accounts that exist on the as-of date; the gate counts lines that say it of others.
with

overrides as (

    select * from {{ ref('stg_identity_overrides') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

final as (

    select distinct
        overrides.decision,
        least(one.account_number, other.account_number) as left_account,
        greatest(one.account_number, other.account_number) as right_account
    from overrides
    inner join accounts as one
        on overrides.platform = one.platform and overrides.account_id = one.account_id
    inner join accounts as other
        on overrides.other_platform = other.platform and overrides.other_account_id = other.account_id

)

select * from final
