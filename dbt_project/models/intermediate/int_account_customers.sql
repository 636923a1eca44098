with

accounts as (

    select * from {{ ref('int_accounts') }}

),

components as (

    select * from {{ ref('int_identity_components') }}

),

edges as (

    select * from {{ ref('int_identity_edges') }}

),

grouped as (

    select
        accounts.platform,
        accounts.account_id,
        accounts.account_number,
        accounts.registered_at,
        coalesce(components.component, accounts.account_number) as component
    from accounts
    left join components on accounts.account_number = components.account_number

),

-- The id comes from the earliest account, so that a customer keeps it when another account joins.
named as (

    select
        platform,
        account_id,
        account_number,
        'C' || {{ short_md5(
            "first_value(platform || '|' || account_id) over (
                partition by component order by registered_at nulls last, account_number
            )", 15
        ) }} as customer_id
    from grouped

),

members as (

    select
        edges.kind,
        edges.identifier,
        edges.holder_number,
        grouped.component,
        grouped.account_number,
        grouped.platform,
        grouped.account_id
    from edges
    inner join grouped on edges.right_account = grouped.account_number

),

-- A link holds among the accounts that are one customer; a steward may have kept others that share it apart.
-- The evidence names the accounts that share it, hashed; the e-mail or phone itself could be guessed from its hash.
evidence as (

    select
        kind,
        identifier,
        holder_number,
        component,
        kind || ':' || md5({{ sorted_list("platform || '|' || account_id") }}) as linked_through
    from members
    group by 1, 2, 3, 4
    having count(*) > 1

),

links as (

    select
        members.account_number,
        {{ sorted_list('evidence.kind') }} as rule,
        {{ sorted_list('evidence.linked_through') }} as linked_through
    from members
    inner join evidence
        on
            members.kind = evidence.kind
            and members.identifier = evidence.identifier
            and members.holder_number = evidence.holder_number
            and members.component = evidence.component
    group by 1

),

final as (

    select
        named.platform,
        named.account_id,
        named.customer_id,
        coalesce(links.rule, 'single') as rule,
        links.linked_through
    from named
    left join links on named.account_number = links.account_number

)

select * from final
