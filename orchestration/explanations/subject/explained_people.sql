-- Everybody whom the explanation names: the customer, and whoever shares evidence, a decision or a review with it. All
-- accounts of a customer or none are here, because what a customer is published as depends on all.
with

tied as (

    select platform, account_id
    from intermediate.int_accounts
    where list_contains($tied_numbers, account_number)

),

others as (

    select platform, account_id from tied
    union
    select other_platform, other_account_id from explained_decisions
    union
    select other_platform, other_account_id from explained_reviews

),

customers as (

    select distinct account_customers.customer_id
    from intermediate.int_account_customers as account_customers
    inner join others
        on account_customers.platform = others.platform and account_customers.account_id = others.account_id
    where account_customers.customer_id <> $customer_id

),

final as (

    select platform, account_id, account_number, registered_at, customer_id, rule, true as is_ours
    from explained_members
    union all
    select
        accounts.platform,
        accounts.account_id,
        accounts.account_number,
        accounts.registered_at,
        account_customers.customer_id,
        account_customers.rule,
        false as is_ours
    from customers
    inner join intermediate.int_account_customers as account_customers
        on customers.customer_id = account_customers.customer_id
    inner join intermediate.int_accounts as accounts
        on account_customers.platform = accounts.platform and account_customers.account_id = accounts.account_id

)

select * from final
