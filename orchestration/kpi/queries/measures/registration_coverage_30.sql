-- Accounts that were registered at the latest N days after their first order ÷ accounts with an order that are old
-- enough to tell, also by platform. An account whose registration has no date tells nothing.
with

accounts as (

    select
        platform,
        account_id,
        min(order_date) as first_order_date
    from marts.orders
    where account_id is not null
    group by platform, account_id
    having min(order_date) <= cast($as_of as date) - $kpi_registration_coverage_days

),

covered as (

    select
        accounts.platform,
        coalesce(
            cast(timezone($reporting_time_zone, timezone('UTC', registrations.registered_at)) as date)
            <= accounts.first_order_date + $kpi_registration_coverage_days,
            false
        ) as is_covered
    from accounts
    left join staging.stg_registrations as registrations
        on accounts.platform = registrations.platform and accounts.account_id = registrations.account_id
    where registrations.account_id is null or registrations.registered_at is not null

)

select
    case when grouping(platform) = 1 then 'all' else 'platform:' || platform end as segment,
    count(*) filter (where is_covered) as numerator,
    count(*) as denominator
from covered
where exists (select 1 from staging.stg_registrations where registered_at is not null)
group by grouping sets ((), (platform))
