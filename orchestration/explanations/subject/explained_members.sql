-- The customer's accounts.
select
    accounts.platform,
    accounts.account_id,
    accounts.account_number,
    accounts.registered_at,
    account_customers.customer_id,
    account_customers.rule
from intermediate.int_account_customers as account_customers
inner join intermediate.int_accounts as accounts
    on account_customers.platform = accounts.platform and account_customers.account_id = accounts.account_id
where account_customers.customer_id = $customer_id
