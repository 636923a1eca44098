-- Lines and their revenue once more from the accepted rows: of each line of a published order the version of
-- which most came back.
-- Money is counted in whole cents, halves away from zero, so that no floating point decides a cent.
with repeated as (
    select hash(platform, order_id, line_no) as key_hash
    from raw.order_items
    group by key_hash
    having count(*) > 1
),

versions as (
    select
        *,
        hash(platform, order_id, line_no) in (select key_hash from repeated) as is_repeated
    from raw.order_items
),

latest as (
    select
        platform,
        order_id,
        quantity,
        unit_price,
        discount_amount,
        refunded_quantity
    from versions
    where not is_repeated

    union all

    select
        platform,
        order_id,
        quantity,
        unit_price,
        discount_amount,
        refunded_quantity
    from versions
    where is_repeated
    qualify row_number() over (
        partition by platform, order_id, line_no
        order by refunded_quantity desc nulls last, _row_hash desc
    ) = 1
),

priced as (
    select
        orders.is_sale,
        latest.quantity,
        latest.quantity - coalesce(latest.refunded_quantity, 0) as kept_quantity,
        cast((latest.unit_price * latest.quantity - coalesce(latest.discount_amount, 0)) * 100 as hugeint) as cents
    from latest
    inner join marts.orders as orders on latest.platform = orders.platform and latest.order_id = orders.order_id
),

expected as (
    select
        count(*) as lines,
        coalesce(
            sum(
                case
                    when is_sale and quantity <> 0
                        then sign(cents) * ((abs(cents) * kept_quantity * 2 + quantity) // (quantity * 2))
                    else 0
                end
            ),
            0
        ) as cents
    from priced
),

published as (
    select
        count(*) as lines,
        cast(coalesce(sum(net_revenue), 0) * 100 as hugeint) as cents
    from marts.order_items
)

select
    published.lines || ' published, ' || expected.lines || ' expected; in cents '
    || published.cents || ' published, ' || expected.cents || ' expected' as subject,
    abs(published.lines - expected.lines) as order_items_count_differs,
    abs(published.cents - expected.cents) / 100 as order_items_revenue_differs
from published
cross join expected
