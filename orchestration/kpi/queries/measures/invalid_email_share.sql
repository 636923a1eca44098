-- Accounts whose e-mail address is invalid ÷ accounts that gave one.
select
    'all' as segment,
    count(*) filter (where not is_valid) as numerator,
    count(*) as denominator
from intermediate.int_account_identifiers
where kind = 'email'
