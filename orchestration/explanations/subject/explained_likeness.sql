-- How alike the customer's accounts and others are, where that was found likely enough to be kept.
select
    left_account,
    right_account,
    match_probability,
    likeness(name_level, birth_date_level, phone_level, email_level, city_level) as likeness
from intermediate.int_linkage_candidates
where list_contains($account_numbers, left_account) or list_contains($account_numbers, right_account)
