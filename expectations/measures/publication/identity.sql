-- Customers who look like several persons: names, phones and birth dates as the accounts of one customer state them. Only
-- customers with enough accounts can have too many of anything. A shop below the reference is judged as one of that size.
with customers as (
    select
        customer_id,
        count(*) as accounts
    from marts.identity_map
    group by customer_id
),

suspects as (
    select
        identities.customer_id,
        identities.platform,
        identities.account_id
    from marts.identity_map as identities
    inner join customers on identities.customer_id = customers.customer_id
    where customers.accounts > least($customer_max_names, $customer_max_phones, $customer_max_birth_dates)
),

statements as (
    select
        suspects.customer_id,
        count(distinct lower(regexp_replace(registrations.name, '\s', '', 'g'))) as names,
        count(distinct registrations.birth_date) as birth_dates,
        count(distinct phones.identifier) as phones
    from suspects
    inner join intermediate.int_registrations as registrations
        on suspects.platform = registrations.platform and suspects.account_id = registrations.account_id
    left join intermediate.int_account_identifiers as phones
        on
            suspects.platform = phones.platform
            and suspects.account_id = phones.account_id
            and phones.kind = 'phone'
            and phones.is_valid
    group by suspects.customer_id
),

counted as (
    select
        count(*) filter (where names > $customer_max_names) as of_many_names,
        count(*) filter (where phones > $customer_max_phones) as of_many_phones,
        count(*) filter (where birth_dates > $customer_max_birth_dates) as of_many_birth_dates
    from statements
),

identifiers as (
    select count(*) as accounts
    from intermediate.int_account_identifiers
    where kind in ('email', 'phone') and is_valid
    group by kind, identifier
),

totals as (
    select
        greatest(count(*), $identity_reference_customers) as judged_customers,
        coalesce(max(accounts), 0) as most_accounts,
        coalesce(avg(accounts), 0) as mean_accounts
    from customers
)

select
    cast(null as varchar) as subject,
    counted.of_many_names / totals.judged_customers as customers_of_many_names,
    counted.of_many_phones / totals.judged_customers as customers_of_many_phones,
    counted.of_many_birth_dates / totals.judged_customers as customers_of_many_birth_dates,
    totals.most_accounts as accounts_of_a_customer,
    totals.mean_accounts as accounts_per_customer,
    (select coalesce(max(accounts), 0) from identifiers) as accounts_of_an_identifier
from counted
cross join totals
