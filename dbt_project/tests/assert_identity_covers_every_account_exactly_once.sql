-- Also counts customers against components: two components with one customer id would have merged unseen.
with

accounts as (

    select
        count(*) as accounts,
        count(*) - coalesce(
            (select count(*) - count(distinct component) from {{ ref('int_identity_components') }}), 0
        ) as customers
    from {{ ref('int_accounts') }}

),

mapped as (

    select
        count(*) as accounts,
        count(distinct customer_id) as customers
    from {{ ref('identity_map') }}

),

survivors as (

    select
        sum(account_count) as accounts,
        count(*) as customers
    from {{ ref('int_customers') }}

)

select
    accounts.accounts,
    accounts.customers,
    mapped.accounts as accounts_mapped,
    mapped.customers as customers_mapped,
    survivors.accounts as accounts_of_customers,
    survivors.customers as customers_with_attributes
from accounts
cross join mapped
cross join survivors
where
    accounts.accounts <> mapped.accounts
    or accounts.customers <> mapped.customers
    or mapped.customers <> survivors.customers
    or mapped.accounts <> coalesce(survivors.accounts, 0)
