-- What the customer's accounts state. Filtered by the account's id alone, because that reaches the files: the latest
-- version is looked for among few rows instead of all.
select
    accounts.account_number,
    registrations.*
from intermediate.int_registrations as registrations
inner join explained_accounts as accounts
    on registrations.platform = accounts.platform and registrations.account_id = accounts.account_id
where list_contains($account_ids, registrations.account_id)
