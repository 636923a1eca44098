-- What the definitions speak of: customers' days, their segments, all cells of cohorts; as_of() and crm_start() are defined
-- by the caller. The bounds of Wilson (1927) are written as the two roots of the quadratic equation they solve.
create or replace temp macro wilson(k, n, side) as (
    2 * k + 1.959963984540054 ^ 2
    + side * 1.959963984540054 * sqrt(1.959963984540054 ^ 2 + 4.0 * k * (n - k) / n)
) / (2 * (n + 1.959963984540054 ^ 2));

create or replace temp table sales as
select customer_id, order_date as day, net_revenue from marts.orders
where is_sale and customer_id is not null and order_date <= as_of();

create or replace temp table active as
select customer_id, day from sales
union
select customer_id, session_date from marts.sessions where customer_id is not null and session_date <= as_of();

create or replace temp table won as
select
    customer_id,
    min(day) as born,
    case
        when month(born) = 6 and day(born) <= 18 then '618'
        when (month(born) = 10 and day(born) >= 20) or (month(born) = 11 and day(born) <= 11) then 'double_11'
        when month(born) = 12 and day(born) <= 12 then 'double_12'
        when exists (
            select 1
            from (values
                (date '2021-02-12'), (date '2022-02-01'), (date '2023-01-22'), (date '2024-02-10'), (date '2025-01-29'),
                (date '2026-02-17')
            ) as new_years(new_year)
            where born between new_year - 7 and new_year + 6
        ) then 'spring_festival'
        else 'none'
    end as festival
from sales
group by customer_id;

create or replace temp table belongs as
select customer_id, 'all' as segment from (select distinct customer_id from active)
union all
select customer_id, 'tier:' || rfm_tier from marts.rfm_scores where rfm_tier is not null
union all
select customer_id, 'channel:' || acquisition_channel from intermediate.int_customers where acquisition_channel is not null
union all
select customer_id, 'province:' || province from intermediate.int_customers where province is not null
union all
select customer_id, 'festival:' || festival from won
union all
select customer_id, 'festival:any' from won where festival <> 'none';

create or replace temp table cells as
with grains as (
    select 'month' as grain, interval 1 month as step
    union all
    select 'week', interval 7 day
), members as (
    select grain, step, customer_id, date_trunc(grain, born)::date as cohort from won, grains
), cohorts as (
    select
        grain, step, unnest(generate_series(min(cohort), as_of(), step))::date as cohort
    from members group by grain, step
), periods as (
    select
        c.grain, c.cohort, p.cohort as starts, (p.cohort + p.step)::date as next_starts,
        (select count(*) from members as m where m.grain = c.grain and m.cohort = c.cohort) as size
    from cohorts as c
    inner join cohorts as p on c.grain = p.grain and p.cohort >= c.cohort
), spent as (
    select m.grain, m.cohort, o.customer_id, o.order_date, o.is_sale, o.net_revenue
    from members as m
    inner join marts.orders as o on o.customer_id = m.customer_id and o.order_date <= as_of() and o.order_date >= m.cohort
)
select
    p.grain, p.cohort, p.starts, p.size, p.next_starts <= as_of() + 1 as is_over,
    count(distinct s.customer_id) filter (s.is_sale and s.order_date >= p.starts) as active,
    coalesce(sum(s.net_revenue) filter (s.order_date >= p.starts), 0) as revenue,
    coalesce(sum(s.net_revenue), 0) as revenue_so_far
from periods as p
left join spent as s on s.grain = p.grain and s.cohort = p.cohort and s.order_date < p.next_starts
group by all;
