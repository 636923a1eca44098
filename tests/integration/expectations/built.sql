create schema seeds;
create schema marts;
create schema kpi;
create schema governance;

-- A pending order was a success once, and will be again: only the newest rows that have begun count.
create table seeds.order_statuses (
    source_status varchar, status varchar, is_sale boolean, status_rank integer, valid_from date
);
insert into seeds.order_statuses values
('paid', 'paid', true, 2, '1970-01-01'), ('invoiced', 'paid', true, 2, '1970-01-01'),
('cancelled', 'cancelled', false, 7, '1970-01-01'), ('credit_note', 'credit_note', false, 9, '1970-01-01'),
('pending', 'pending', true, 1, '1960-01-01'), ('pending', 'pending', false, 1, '1970-01-01'),
('pending', 'pending', true, 1, '2999-01-01');

create table seeds.rfm_tiers (rfm_tier varchar, min_score integer, max_score integer, valid_from date);
insert into seeds.rfm_tiers values
('Platinum', 36, 40, '1970-01-01'), ('Gold', 26, 35, '1970-01-01'),
('Silver', 17, 25, '1970-01-01'), ('Bronze', 8, 16, '1970-01-01');

create table seeds.customer_categories (customer_category varchar);
insert into seeds.customer_categories values
('malicious'), ('no_sale'), ('never_ordered'), ('lapsed'), ('new'), ('tiered');

create table marts.orders as
select
    platform,
    order_id,
    'c' || account_id as customer_id,
    ordered_at,
    cast(ordered_at as date) as order_date,
    status,
    status = 'paid' as is_sale,
    paid_amount,
    refunded_amount,
    cast(case when status = 'paid' then paid_amount - refunded_amount else 0 end as decimal(18, 2)) as net_revenue,
    'mobile' as device
from (select * from raw.orders qualify row_number() over (partition by order_id order by updated_at desc) = 1);

-- A line of 3 × 10.01 − 0.02 = 30.01; one of three pieces given back leaves 20.006… = 20.01.
create table marts.order_items as
select
    items.platform,
    items.order_id,
    items.line_no,
    orders.customer_id,
    items.product_id,
    cast('toys' as varchar) as category,
    items.quantity,
    cast(case when not orders.is_sale then 0 when items.line_no = 2 then 20.01 else 30.01 end as decimal(18, 2))
        as net_revenue
from raw.order_items as items
inner join marts.orders as orders using (platform, order_id);

create table marts.identity_map as
select distinct
    platform,
    account_id,
    'c' || account_id as customer_id,
    'own account' as rule,
    md5(account_id) as linked_through
from raw.registrations;

create schema intermediate;
create view intermediate.int_registrations as
select *, 'Name ' || account_id as name, date '1990-01-01' as birth_date from raw.registrations;
create table intermediate.int_account_identifiers as
select platform, account_id, 'phone' as kind, 'phone of ' || account_id as identifier, true as is_valid
from raw.registrations;

-- Two lines in force: a1 and a2 are apart, a3 and a4 would be too.
create schema staging;
create table staging.stg_identity_overrides as
select
    'cannot_link' as decision, 'web' as platform, 'a' || n as account_id, 'web' as other_platform,
    'a' || (n + 1) as other_account_id, 'identity_overrides/list.csv' as file_name, n as line_number
from (values (1), (3)) as pairs (n);

create table marts.customer_360 as
select
    identities.customer_id,
    'tiered' as customer_category,
    'Silver' as rfm_tier,
    24 as rfm_score,
    cast(coalesce(sum(orders.net_revenue), 0) as decimal(18, 2)) as lifetime_net_revenue,
    cast(0.25 as double) as discount_order_share,
    cast(120 as decimal(18, 2)) as cltv_12m,
    cast(1.5 as double) as expected_orders_12m,
    cast(null as double) as churn_probability_90d,
    cast(null as date) as next_order_date
from marts.identity_map as identities
left join marts.orders as orders on identities.customer_id = orders.customer_id
group by identities.customer_id;

create table marts.rfm_scores as
select customer_id, rfm_score, rfm_tier from marts.customer_360 where lifetime_net_revenue > 0;

create table marts.rfm_tier_history as select customer_id, date '2024-12-31' as valid_from from marts.rfm_scores;
create table marts.customer_history as select customer_id, date '2024-12-31' as valid_from from marts.customer_360;
create table marts.customer_restatements (customer_id varchar, told_on date);
create table marts.segments (value_level varchar, activity_level varchar, lifecycle_stage varchar, customers bigint);
insert into marts.segments values ('high', 'high', 'new', 600);
create table marts.tier_migrations (month date, from_tier varchar, to_tier varchar);
insert into marts.tier_migrations values ('2024-12-01', 'new', 'Silver');
create table marts.customer_profile as select customer_id, cast(0.5 as decimal(9, 6)) as mobile_share from marts.customer_360;
create table marts.customer_tags as select customer_id, 'region' as tag from marts.customer_360;
create table marts.sessions (session_id varchar, customer_id varchar);
create table marts.tickets (platform varchar, ticket_id varchar, customer_id varchar);

create table kpi.retention (metric varchar, period_start date, segment varchar, "value" double);
insert into kpi.retention values ('repeat_30', '2024-12-01', 'all', 0.5);
create table kpi.cltv_scores as select customer_id, cast(0.5 as double) as p_alive from marts.customer_360;
create table kpi.churn_scores (customer_id varchar, churn_probability_90d double);
create table kpi.next_orders as
select customer_id, next_order_date, date '2025-02-01' as repurchase_due_date from marts.customer_360;
create table kpi.recommendations (customer_id varchar, rank integer);
create table kpi.model_cards (model varchar, is_published boolean, metrics varchar, baseline_metrics varchar);
insert into kpi.model_cards values
('cltv', true, '{"holdout": {"rmse_orders": 1.5}}', '{"own": {"rmse_orders": 1.6}, "same": {"rmse_orders": 2}, "money": {}}'),
('churn', false, '{"test": {"auc": 0.7}}', '{"recency": {"auc": 0.71}, "same": {"auc": 0.5}}'),
('next_order', false, '{}', '{}'),
('recommendations', false, '{}', '{}');

create table governance.identity_events (
    happened_on date, change_number integer, former_customer_id varchar, customer_id varchar
);
create table governance.identity_restatements (
    happened_on date, change_number integer, former_customer_id varchar, customer_id varchar, order_month date
);
create table governance.ingested_files as select * from raw.ingested_files;
create table governance.quarantine_summary ("extract" varchar, reason varchar, "rows" bigint);
create table governance.money_ledger ("extract" varchar, stage varchar, reason varchar, "rows" bigint, amount decimal(18, 2));
insert into governance.money_ledger values
('orders', 'received', 'all rows read', 1000, 5000.00), ('orders', 'unexplained', 'must be zero', 0, 0.00);
