-- Evidence that the customer shares with accounts of other customers and that joins nobody, because a steward keeps
-- an account of the one and an account of the other apart. Of the customer's accounts the smallest is named.
with

shared as (

    select
        ties.kind,
        ties.identifier,
        ties.holder_number,
        people.*,
        min(case when people.is_ours then people.account_number end)
            over (partition by ties.kind, ties.identifier, ties.holder_number) as our_account
    from explained_ties as ties
    inner join explained_people as people on ties.account_number = people.account_number

),

cuts as (

    select *
    from explained_verdicts
    where decision = 'cannot_link'
    qualify row_number() over (partition by other_customer_id order by line_number, file_name) = 1

),

final as (

    select
        shared.kind as rule,
        ours.platform,
        ours.shown_id as account_id,
        shared.platform as other_platform,
        shared.shown_id as other_account_id,
        shared.shown_customer_id as other_customer_id,
        masked(shared.kind, shared.identifier) as evidence,
        likeness.match_probability,
        likeness.likeness,
        cuts.platform as kept_platform,
        cuts.account_id as kept_account_id,
        cuts.other_platform as kept_from_platform,
        cuts.other_account_id as kept_from_account_id
    from shared
    inner join explained_accounts as ours on shared.our_account = ours.account_number
    left join cuts on shared.customer_id = cuts.other_customer_id
    left join explained_likeness as likeness
        on
            shared.kind = 'similarity'
            and least(shared.our_account, shared.account_number) = likeness.left_account
            and greatest(shared.our_account, shared.account_number) = likeness.right_account
    where not shared.is_ours

)

select * from final
order by other_customer_id, rule, evidence, platform, account_id, other_platform, other_account_id
