-- Who is meant by an id as the warehouse knows it: a customer, else `platform/account`, else an account. Of the latter
-- two the account's part may be any of `$endings`; equality with constants is what a scan is fastest at.
with

customers as (

    select distinct customer_id from intermediate.int_account_customers
    where customer_id = $asked

),

accounts as materialized (

    select platform, account_id, customer_id from intermediate.int_account_customers
    where list_contains($endings, account_id)

),

matches as (

    select 1 as precedence, null as platform, customer_id
    from customers
    union all
    select 2 as precedence, platform, customer_id
    from accounts
    where $asked in (platform || '/' || account_id, platform || ':' || account_id)
    union all
    select 3 as precedence, platform, customer_id
    from accounts
    where account_id = $asked

),

final as (

    select distinct platform, customer_id
    from matches
    where precedence = (select min(precedence) from matches)

)

select platform, customer_id from final
order by platform, customer_id
