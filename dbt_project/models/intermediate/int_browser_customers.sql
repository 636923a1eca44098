-- All accounts of a usable browser are one customer, so the browser names its customer before any log-in, unless a
-- steward keeps some of them apart: then it names nobody.
with

identifiers as (

    select * from {{ ref('int_account_identifiers') }}
    where kind = 'browser' and is_usable

),

account_customers as (

    select * from {{ ref('int_account_customers') }}

),

final as (

    select
        identifiers.identifier as anonymous_id,
        min(account_customers.customer_id) as customer_id
    from identifiers
    inner join account_customers
        on
            identifiers.platform = account_customers.platform
            and identifiers.account_id = account_customers.account_id
    group by 1
    having min(account_customers.customer_id) = max(account_customers.customer_id)

)

select * from final
