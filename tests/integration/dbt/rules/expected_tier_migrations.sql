-- The matrix day by day: the tier of each buyer on the day before a month and on its last day. as_of() is defined by
-- the test. On a day of the first order's year the tier is that of the first order's day, else that of the year before.
with sales as (
    select *, min(order_date) filter (is_sale) over (partition by customer_id) as first_order
    from marts.orders
    where customer_id is not null and order_date <= as_of()
),

scored as (
    select customer_id, year(order_date) as scored_year, make_date(year(order_date), 12, 31) as day,
        max(order_date) filter (is_sale) as last_order, count(*) filter (is_sale) as orders, sum(net_revenue) as net,
        min(first_order) as first_order
    from sales
    group by all
    union all
    -- The first order: a year of its own, before all others.
    select customer_id, 0, first_order, first_order, count(*) filter (is_sale), sum(net_revenue), first_order
    from sales
    where order_date = first_order
    group by all
),

tiers as (
    select
        customer_id, scored_year, year(first_order) = scored_year or scored_year = 0 as is_provisional,
        case
            when score >= 36 then 'Platinum' when score >= 26 then 'Gold' when score >= 17 then 'Silver' else 'Bronze'
        end as tier
    from (
        select
            *,
            case
                when last_order >= day - interval 1 month then 5
                when last_order >= day - interval 3 month then 4
                when last_order >= day - interval 4 month then 3
                when last_order >= day - interval 7 month then 2
                else 1
            end
            + 3 * case when orders >= 6 then 5 when orders >= 4 then 4 else orders end
            + 4 * case
                when net >= 2000 * orders then 5
                when net >= 1000 * orders then 4
                when net >= 500 * orders then 3
                when net >= 300 * orders then 2
                else 1
            end as score
        from scored
        where orders > 0
    )
),

buyers as (
    select distinct customer_id, first_order from sales where first_order is not null
),

months as (
    select month::date as month, least((month + interval 1 month)::date - 1, as_of()) as month_end
    from range(
        (select date_trunc('month', min(first_order)) from buyers)::timestamp, as_of()::timestamp + interval 1 day,
        interval 1 month
    ) as months(month)
),

held as (
    select
        buyers.customer_id, months.month, months.month_end, before.tier as tier_before, after.tier as tier_after,
        buyers.first_order >= months.month as is_new,
        coalesce(before.is_provisional, false) as was_provisional, coalesce(after.is_provisional, false) as is_provisional
    from months
    inner join buyers on buyers.first_order <= months.month_end
    left join tiers as before
        on before.customer_id = buyers.customer_id
        and before.scored_year = case
            when year(months.month - 1) > year(buyers.first_order) then year(months.month - 1) - 1 else 0
        end
        and buyers.first_order < months.month
    left join tiers as after
        on after.customer_id = buyers.customer_id
        and after.scored_year = case
            when year(months.month_end) > year(buyers.first_order) then year(months.month_end) - 1 else 0
        end
),

spent as (
    select customer_id, date_trunc('month', order_date)::date as month, sum(net_revenue) as net from sales group by all
)

select
    held.month,
    case when is_new then 'new' else coalesce(tier_before, 'none') end as from_tier,
    coalesce(tier_after, 'none') as to_tier,
    held.month_end,
    count(*) as customers,
    count(*) filter (is_provisional) as provisional_customers,
    count(*) filter (was_provisional and tier_after is not null and not is_provisional) as confirmed_customers,
    coalesce(sum(spent.net), 0)::decimal(18, 2) as net_revenue
from held
left join spent using (customer_id, month)
group by all
