-- A star per identifier, from its smallest account: n - 1 edges join n accounts as well as all n² pairs would.
with

identifiers as (

    select * from {{ ref('int_account_identifiers') }}
    where is_usable

),

shared as (

    select
        kind,
        identifier,
        holder_number,
        min(account_number) as centre
    from identifiers
    group by 1, 2, 3
    having count(*) > 1

),

final as (

    select
        shared.kind,
        shared.identifier,
        shared.holder_number,
        shared.centre as left_account,
        identifiers.account_number as right_account
    from shared
    inner join identifiers
        on
            shared.kind = identifiers.kind
            and shared.identifier = identifiers.identifier
            and shared.holder_number = identifiers.holder_number

)

select * from final
