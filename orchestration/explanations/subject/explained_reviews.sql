-- Pairs that wait for a steward, the customer's account first. Two accounts of one customer are no such pair.
with

pairs as (

    select
        left_platform as platform,
        left_account_id as account_id,
        right_platform as other_platform,
        right_account_id as other_account_id,
        match_probability,
        likeness(name_level, birth_date_level, phone_level, email_level, city_level) as likeness
    from governance.identity_review
    union all
    select
        right_platform as platform,
        right_account_id as account_id,
        left_platform as other_platform,
        left_account_id as other_account_id,
        match_probability,
        likeness(name_level, birth_date_level, phone_level, email_level, city_level) as likeness
    from governance.identity_review

),

final as (

    select pairs.*
    from pairs
    inner join explained_members as ours
        on pairs.platform = ours.platform and pairs.account_id = ours.account_id

)

select * from final
