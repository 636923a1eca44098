-- Filled fields ÷ fields of all registrations up to the as-of date.
select
    'all' as segment,
    count(name) + count(email) + count(phone) + count(gender) + count(birth_date) + count(country) + count(province)
    + count(city) + count(occupation) + count(acquisition_channel) as numerator,
    10 * count(*) as denominator
from staging.stg_registrations
where
    registered_at is null
    or cast(timezone($reporting_time_zone, timezone('UTC', registered_at)) as date) <= $as_of
