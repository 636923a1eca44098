-- The steward's lines again, with the accounts that they name as far as these exist, and what came of each line.
with

final as (

    select
        decisions.decision,
        ours.account_number,
        ours.platform,
        ours.shown_id as account_id,
        others.account_number as other_account_number,
        decisions.other_platform,
        coalesce(
            others.shown_id,
            case
                when is_personal_id(decisions.other_account_id) then masked_id(decisions.other_account_id)
                else decisions.other_account_id
            end
        ) as other_account_id,
        others.customer_id as other_customer_id,
        others.shown_customer_id as other_shown_customer_id,
        without_contacts(decisions.reason) as reason,
        case when is_personal_id(decisions.author) then masked_id(decisions.author) else decisions.author end as author,
        decisions.decided_at,
        decisions.file_name,
        decisions.line_number,
        case
            when others.account_number is null then 'unknown_account'
            when (decisions.decision = 'must_link') = others.is_ours then 'holds'
            when decisions.decision = 'must_link' then 'overruled'
            else 'disregarded'
        end as outcome
    from explained_decisions as decisions
    inner join explained_accounts as ours
        on decisions.platform = ours.platform and decisions.account_id = ours.account_id
    left join explained_people as others
        on decisions.other_platform = others.platform and decisions.other_account_id = others.account_id

)

select * from final
