-- The lines of the steward's list that name an account of the customer, that account first.
with

lines as (

    select
        decision, platform, account_id, other_platform, other_account_id,
        reason, author, decided_at, file_name, line_number
    from staging.stg_identity_overrides

),

turned as (

    select
        decision,
        other_platform as platform,
        other_account_id as account_id,
        platform as other_platform,
        account_id as other_account_id,
        reason, author, decided_at, file_name, line_number
    from lines

),

both_ways as (

    select *, 1 as side from lines
    union all by name
    select *, 2 as side from turned

),

-- A line on two accounts of the customer is one line.
final as (

    select both_ways.* exclude (side)
    from both_ways
    inner join explained_members as ours
        on both_ways.platform = ours.platform and both_ways.account_id = ours.account_id
    qualify row_number() over (partition by both_ways.file_name, both_ways.line_number order by both_ways.side) = 1

)

select * from final
