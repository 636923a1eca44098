-- Each pair of accounts that something joins, and since when both are known to share it. An identifier joins its
-- accounts as a star, so n accounts have n - 1 pairs.
with

edges as (

    select kind, identifier, holder_number, left_account, right_account
    from intermediate.int_identity_edges
    where list_contains($account_numbers, right_account) and left_account <> right_account

),

final as (

    select
        edges.kind as rule,
        left_side.platform as left_platform,
        left_side.shown_id as left_account_id,
        right_side.platform as right_platform,
        right_side.shown_id as right_account_id,
        masked(edges.kind, edges.identifier) as evidence,
        edges.holder_number,
        -- Unknown of one side is unknown of the pair.
        case
            when left_statement.stated_at is not null and right_statement.stated_at is not null
                then reporting_date(
                    greatest(left_statement.stated_at, right_statement.stated_at), $reporting_time_zone
                )
        end as known_since
    from edges
    inner join explained_accounts as left_side on edges.left_account = left_side.account_number
    inner join explained_accounts as right_side on edges.right_account = right_side.account_number
    left join explained_identifiers as left_statement
        on
            edges.left_account = left_statement.account_number
            and edges.kind = left_statement.kind
            and edges.identifier = left_statement.identifier
    left join explained_identifiers as right_statement
        on
            edges.right_account = right_statement.account_number
            and edges.kind = right_statement.kind
            and edges.identifier = right_statement.identifier

)

select * from final
order by known_since nulls last, rule, evidence, left_platform, left_account_id, right_platform, right_account_id
