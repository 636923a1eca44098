-- For people to decide: alike, yet not enough to merge, or held apart by another name and birth date.
with

candidates as (

    select * from {{ ref('int_linkage_candidates') }}

),

accounts as (

    select
        accounts.account_number,
        accounts.platform,
        accounts.account_id,
        identities.customer_id
    from {{ ref('int_accounts') }} as accounts
    inner join {{ ref('int_account_customers') }} as identities
        on accounts.platform = identities.platform and accounts.account_id = identities.account_id

),

-- What a steward said of two accounts holds for the customers that they are now.
decided as (

    select distinct
        least(one.customer_id, other.customer_id) as one_customer,
        greatest(one.customer_id, other.customer_id) as other_customer
    from {{ ref('int_identity_overrides') }} as overrides
    inner join accounts as one on overrides.left_account = one.account_number
    inner join accounts as other on overrides.right_account = other.account_number

),

final as (

    select
        left_accounts.platform as left_platform,
        left_accounts.account_id as left_account_id,
        right_accounts.platform as right_platform,
        right_accounts.account_id as right_account_id,
        'similarity' as kind,
        candidates.match_probability,
        candidates.name_level,
        candidates.birth_date_level,
        candidates.phone_level,
        candidates.email_level,
        candidates.city_level
    from candidates
    inner join accounts as left_accounts on candidates.left_account = left_accounts.account_number
    inner join accounts as right_accounts on candidates.right_account = right_accounts.account_number
    left join decided
        on
            decided.one_customer = least(left_accounts.customer_id, right_accounts.customer_id)
            and decided.other_customer = greatest(left_accounts.customer_id, right_accounts.customer_id)
    -- What is one customer already, by whatever link, needs no decision; what a steward decided has one.
    where
        left_accounts.customer_id <> right_accounts.customer_id
        and decided.one_customer is null
        and candidates.match_probability > {{ rule_value('identity_rules', 'review_above') }}

)

select * from final
