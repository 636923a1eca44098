-- The physical limit: what one hand-written pass of the same engine takes for the central tables,
-- straight from the extracts, without contracts, ledger, history, tests, gates or a published file.
create table orders as
select platform, order_id, account_id, ordered_at, status, paid_amount - refunded_amount as net_revenue
from read_parquet(getvariable('landing') || '/orders/*.parquet')
qualify row_number() over (partition by platform, order_id order by updated_at desc) = 1;

create table order_items as
select platform, order_id, line_no, product_id, quantity, unit_price * quantity - discount_amount as amount
from read_parquet(getvariable('landing') || '/order_items/*.parquet');

create table customers as
select
    platform, account_id, count(*) as orders, sum(net_revenue) as net_revenue,
    min(ordered_at) as first_order_at, max(ordered_at) as last_order_at
from orders
where status not in ('pending', 'cancelled', 'refunded')
group by platform, account_id;

create table sessions as
with gaps as (
    select
        anonymous_id, event_at, event_type,
        event_at > lag(event_at) over (partition by anonymous_id order by event_at) + interval 30 minute as is_new
    from read_parquet(getvariable('landing') || '/browse_events/*.parquet')
),

numbered as (
    select *, sum(coalesce(is_new, true)::integer) over (partition by anonymous_id order by event_at) as number from gaps
)

select
    anonymous_id, number, min(event_at) as started_at, max(event_at) as ended_at, count(*) as events,
    bool_or(event_type = 'add_to_cart') as has_cart
from numbered
group by anonymous_id, number;

create table cohorts as
select
    date_trunc('month', c.first_order_at) as cohort_month,
    date_diff('month', c.first_order_at, o.ordered_at) as period_number,
    count(distinct (o.platform, o.account_id)) as customers
from orders as o
inner join customers as c on o.platform = c.platform and o.account_id = c.account_id
group by all;
