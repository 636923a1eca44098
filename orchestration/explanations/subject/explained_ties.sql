-- The evidence that holds an account of the customer, with everybody who shares it: a steward may keep some of them
-- apart. The centre of a star is linked to itself, so `right_account` names all of its accounts.
with

ours as (

    select distinct kind, identifier, holder_number
    from intermediate.int_identity_edges
    where list_contains($account_numbers, right_account)

),

final as (

    select distinct
        edges.kind,
        edges.identifier,
        edges.holder_number,
        edges.right_account as account_number
    from intermediate.int_identity_edges as edges
    inner join ours
        on
            edges.kind = ours.kind
            and edges.identifier = ours.identifier
            and edges.holder_number = ours.holder_number

)

select * from final
