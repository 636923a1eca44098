-- Orders and revenue once more from the accepted rows, past all models: latest version of each order (of
-- one moment: most given back, then furthest in its life), up to the as-of date, money by the rule of DOMAIN section 3. Keys that came once need no search for the latest.
with repeated as (
    select hash(platform, order_id) as key_hash
    from raw.orders
    group by key_hash
    having count(*) > 1
),

versions as (
    select
        *,
        hash(platform, order_id) in (select key_hash from repeated) as is_repeated
    from raw.orders
),

latest as (
    select
        ordered_at,
        status,
        paid_amount,
        refunded_amount
    from versions
    where not is_repeated

    union all

    select
        ordered_at,
        status,
        paid_amount,
        refunded_amount
    from versions
    where is_repeated
    qualify row_number() over (
        partition by platform, order_id
        order by
            coalesce(updated_at, ordered_at) desc nulls last,
            refunded_amount desc nulls last,
            (select max(places.status_rank) from seeds.order_statuses as places where places.status = versions.status)
            desc nulls last,
            _row_hash desc
    ) = 1
),

statuses as (
    select
        status,
        arg_max(is_sale, valid_from) as is_sale
    from seeds.order_statuses
    where valid_from <= date '$as_of_date'
    group by status
),

expected as (
    select
        count(*) as orders,
        coalesce(
            sum(
                case
                    when statuses.is_sale then coalesce(latest.paid_amount, 0) - coalesce(latest.refunded_amount, 0)
                    when latest.status = 'credit_note' then -coalesce(latest.refunded_amount, 0)
                    else 0
                end
            ),
            0
        ) as net_revenue
    from latest
    left join statuses on latest.status = statuses.status
    where cast(timezone('$reporting_time_zone', timezone('UTC', latest.ordered_at)) as date) <= date '$as_of_date'
),

published as (
    select
        count(*) as orders,
        coalesce(sum(net_revenue), 0) as net_revenue
    from marts.orders
)

select
    published.orders || ' published, ' || expected.orders || ' expected; '
    || published.net_revenue || ' published, ' || expected.net_revenue || ' expected' as subject,
    abs(published.orders - expected.orders) as orders_count_differs,
    abs(published.net_revenue - expected.net_revenue) as orders_revenue_differs
from published
cross join expected
