-- Each pair of accounts of the customer that evidence joins, and since when both are known to share it. An identifier
-- joins its accounts as a star, so n accounts have n - 1 pairs; its centre is the smallest account of the customer.
with

stars as (

    select
        ties.kind,
        ties.identifier,
        ties.holder_number,
        ties.account_number as right_account,
        min(ties.account_number) over (partition by ties.kind, ties.identifier, ties.holder_number) as left_account
    from explained_ties as ties
    inner join explained_accounts as ours on ties.account_number = ours.account_number

),

statements as (

    select kind, identifier, account_number, stated_at from explained_identifiers
    union all
    select 'similarity', null, account_number, version_at from explained_registrations

),

dated as (

    select
        stars.*,
        left_statement.stated_at as left_stated_at,
        right_statement.stated_at as right_stated_at
    from stars
    left join statements as left_statement
        on
            stars.left_account = left_statement.account_number
            and stars.kind = left_statement.kind
            and (stars.identifier = left_statement.identifier or stars.kind = 'similarity')
    left join statements as right_statement
        on
            stars.right_account = right_statement.account_number
            and stars.kind = right_statement.kind
            and (stars.identifier = right_statement.identifier or stars.kind = 'similarity')
    where stars.left_account <> stars.right_account

),

final as (

    select
        dated.kind as rule,
        left_side.platform as left_platform,
        left_side.shown_id as left_account_id,
        right_side.platform as right_platform,
        right_side.shown_id as right_account_id,
        masked(dated.kind, dated.identifier) as evidence,
        dated.holder_number,
        likeness.match_probability,
        likeness.likeness,
        verdicts.decision,
        verdicts.reason,
        verdicts.author,
        -- Unknown of one side is unknown of the pair.
        case
            when dated.kind = 'steward' then reporting_date(verdicts.decided_at, $reporting_time_zone)
            when dated.left_stated_at is not null and dated.right_stated_at is not null
                then reporting_date(greatest(dated.left_stated_at, dated.right_stated_at), $reporting_time_zone)
        end as known_since
    from dated
    inner join explained_accounts as left_side on dated.left_account = left_side.account_number
    inner join explained_accounts as right_side on dated.right_account = right_side.account_number
    left join explained_likeness as likeness
        on
            dated.kind = 'similarity'
            and dated.left_account = likeness.left_account
            and dated.right_account = likeness.right_account
    left join explained_verdicts as verdicts
        on
            dated.kind = 'steward'
            and verdicts.decision = 'must_link'
            and dated.left_account = least(verdicts.account_number, verdicts.other_account_number)
            and dated.right_account = greatest(verdicts.account_number, verdicts.other_account_number)

)

select * from final
order by known_since nulls last, rule, evidence, left_platform, left_account_id, right_platform, right_account_id
