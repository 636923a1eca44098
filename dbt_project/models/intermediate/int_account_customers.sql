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

-- The evidence names the accounts that share it, hashed; the e-mail or phone itself could be guessed from its hash.
evidence as (

    select
        edges.kind,
        edges.identifier,
        edges.holder_number,
        edges.kind || ':' || md5(
            {{ sorted_list("accounts.platform || '|' || accounts.account_id") }}
        ) as linked_through
    from edges
    inner join accounts on edges.right_account = accounts.account_number
    group by 1, 2, 3

),

links as (

    select
        edges.right_account as account_number,
        {{ sorted_list('evidence.kind') }} as rule,
        {{ sorted_list('evidence.linked_through') }} as linked_through
    from edges
    inner join evidence
        on
            edges.kind = evidence.kind
            and edges.identifier = evidence.identifier
            and edges.holder_number = evidence.holder_number
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
