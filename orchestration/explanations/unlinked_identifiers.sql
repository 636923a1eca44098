-- What the accounts state and links nothing, or not all who have it: unusable, behind too many accounts, or behind
-- several persons; or nobody shares it.
with

limits as (

    select rules.rule, rules.value
    from seeds.identity_rules as rules
    where
        rules.valid_from = (
            select max(newer.valid_from) from seeds.identity_rules as newer
            where newer.rule = rules.rule and newer.valid_from <= $as_of
        )

),

holders as (

    select
        identifiers.kind,
        identifiers.identifier,
        identifiers.holder_number,
        count(*) as accounts_of_holder
    from intermediate.int_account_identifiers as identifiers
    inner join (select distinct kind, identifier from explained_identifiers) as ours
        on identifiers.kind = ours.kind and identifiers.identifier = ours.identifier
    group by 1, 2, 3

),

counted as (

    select
        *,
        cast(sum(accounts_of_holder) over (partition by kind, identifier) as bigint) as accounts
    from holders

),

final as (

    select
        accounts.platform,
        accounts.shown_id as account_id,
        identifiers.kind,
        masked(identifiers.kind, identifiers.identifier) as evidence,
        coalesce(
            identifiers.unusable_reason,
            case
                when counted.accounts = counted.accounts_of_holder then 'unshared'
                -- Persons behind one mailbox share it at the same time, those behind one number one after the other.
                when identifiers.kind = 'email' then 'household'
                else 'reused'
            end
        ) as reason,
        counted.accounts,
        cast(limits.value as bigint) as max_accounts
    from explained_identifiers as identifiers
    inner join explained_accounts as accounts on identifiers.account_number = accounts.account_number
    inner join counted
        on
            identifiers.kind = counted.kind
            and identifiers.identifier = counted.identifier
            and identifiers.holder_number = counted.holder_number
    left join limits on limits.rule = 'max_accounts_' || identifiers.kind
    where
        not identifiers.is_usable
        or counted.accounts_of_holder = 1
        or counted.accounts > counted.accounts_of_holder

)

select * from final
order by platform, account_id, kind, reason, evidence
