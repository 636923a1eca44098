-- The tables that the review page reads, as a release holds them: a shop of 400 customers, small enough to check by eye.
create schema governance;
create table governance.release as
select
    '20260701T030000-abcdef' as release_id, date '2026-06-30' as as_of_date, timestamp '2026-07-01 03:00:00' as built_at,
    '0.1.0+123456789abc' as code_version, '1.5.6' as duckdb_version, 'CNY' as reporting_currency,
    'Asia/Shanghai' as reporting_time_zone;
create table governance.gate_results as
select * from (values
    ('orders_have_money', 'raw', 'raw.orders', 'critical', true),
    ('late_files', 'raw', 'raw.ingested_files', 'warning', false)
) as gates (gate, layer, table_name, severity, is_passed);
create table governance.ingested_files as
select * from (values
    ('orders', 1000, 990, 7, 3), ('orders', 500, 500, 0, 0), ('registrations', 420, 400, 20, 0)
) as files (extract, rows_read, rows_accepted, rows_quarantined, rows_duplicate);

create table customer_360 as
select
    'C' || i as customer_id, case when i < 8 then 'Platinum' when i < 90 then 'Gold' when i < 250 then 'Silver' else 'Bronze' end as rfm_tier,
    cast(case when i < 8 then 30000 when i < 90 then 5000 when i < 250 then 900 else 150 end as decimal(18, 2)) as net_revenue_12m
from range(400) as customers (i);
create table tier_migrations as
select date '2026-06-01' as month, * from (values
    ('new', 'Bronze', 'new', 25), ('Bronze', 'Silver', 'up', 14), ('Silver', 'Bronze', 'down', 6), ('Gold', 'none', 'lost', 3),
    ('none', 'Silver', 'back', 2), ('Gold', 'Gold', 'same', 80)
) as moves (from_tier, to_tier, movement, customers)
union all
select date '2025-06-01', 'Silver', 'Gold', 'up', 999;

create table cohort_retention as
select
    cast(date '2024-06-01' + to_months(cast(cohort as integer)) as date) as cohort_month, cast(period as integer) as period_number,
    20 + cohort as cohort_size, case when cohort + period <= 24 then cast((20 + cohort) * rate as bigint) end as active_customers,
    case when cohort + period <= 24 then rate end as retention_rate,
    case when cohort + period <= 24 then rate * 0.8 end as rate_low, case when cohort + period <= 24 then rate * 1.2 end as rate_high
from range(25) as cohorts (cohort), range(26) as periods (period),
    lateral (select case when period = 0 then 1.0 else 0.7 / (1 + period / 6.0) end::double as rate) as rates
where cohort + period <= 25;
create table cohort_means as
select
    'month' as cohort_grain, period_number, count(*) as cohorts, sum(cohort_size) as cohort_customers, avg(retention_rate) as weighted_retention_rate,
    avg(rate_low) as rate_low, avg(rate_high) as rate_high
from cohort_retention group by period_number;

create table retention_before_after as
select
    *, date '2025-07-01' as crm_start_date, before_returned / before_customers as before_rate, after_returned / after_customers as after_rate,
    before_returned / before_customers - 0.05 as before_rate_low, before_returned / before_customers + 0.05 as before_rate_high,
    after_returned / after_customers - 0.04 as after_rate_low, after_returned / after_customers + 0.04 as after_rate_high,
    after_returned / after_customers - before_returned / before_customers as difference,
    after_returned / after_customers - before_returned / before_customers - 0.06 as difference_low,
    after_returned / after_customers - before_returned / before_customers + 0.06 as difference_high
from (values
    ('repeat_purchase_30', 'all', 50, 100, 60, 100), ('repeat_purchase_30', 'tier:Gold', 9, 10, 1, 10),
    ('retention_30', 'all', 12, 20, 15, 25), ('retention_90', 'all', null, null, null, null)
) as compared (metric, segment, before_returned, before_customers, after_returned, after_customers);

create table prediction_deciles as
select
    model, figure, cast(decile as integer) as decile, 40 as customers, 0.9 * value as predicted, value as actual, 0.8 * value as actual_low,
    least(1.2 * value, ceiling) as actual_high
from range(1, 11) as deciles (decile),
    lateral (values ('cltv', 'money', decile * decile * 10.0, 1e9), ('cltv', 'orders', decile / 2.0, 1e9), ('churn', 'churned', decile / 10.0, 1.0))
    as figures (model, figure, value, ceiling);
create table model_cards as
select * from (values
    ('churn', date '2026-04-01', true, 'Beats every baseline.',
     '{"test": {"auc": 0.91, "balanced_accuracy": 0.83, "brier": 0.11, "lift": 1.6}}',
     '{"constant": {"auc": 0.5, "balanced_accuracy": 0.5, "brier": 0.25, "lift": 1.0}, "recency_only": {"auc": 0.85, "balanced_accuracy": 0.8, "brier": 0.14, "lift": 1.5}}'),
    ('cltv', date '2026-04-01', false, 'The naive forecast errs less & <b>so it is</b> withheld.',
     '{"holdout_days": 90, "correction": {"factor": 0.95}, "holdout": {"rmse_orders": 1.5, "bias_share": 0.05}, "families": {"mbg_nbd": {"rmse_orders": 1.5}}}',
     '{"own_past_rate": {"rmse_orders": 1.4, "bias_share": -0.1}}'),
    ('recommendations', null, false, 'No recommender is built yet.', '{}', '{}')
) as cards (model, cut_date, is_published, reason, metrics, baseline_metrics);

create table festival_comparison as
select
    festival, label_zh, festival_year, cast(day as integer) as day_offset,
    case when day < -10 then 'warm_up' when day <= 0 then 'festival' else 'after' end as phase, date '2026-06-18' + cast(day as integer) as sales_date,
    case when day <= 12 then 20 + abs(day) % 7 end as orders, case when has_before then 10 + abs(day) % 5 end as orders_last_year,
    cast(case when day <= 12 then 2000 + 100 * (abs(day) % 7) end as decimal(18, 2)) as net_revenue,
    cast(case when has_before then 1000 + 100 * (abs(day) % 5) end as decimal(18, 2)) as net_revenue_last_year
from range(-17, 15) as days (day),
    (values ('618', '618 年中大促', 2025, false), ('618', '618 年中大促', 2026, true), ('double_11', '双11', 2025, false))
    as festivals (festival, label_zh, festival_year, has_before);

create table festival_effects as
select * from (values
    ('618', 2025, '618 年中大促', date '2025-06-01', date '2025-06-18', 495, 265.04::double, 1.8676::double, 1.6798::double, 2.0765::double),
    ('double_11', 2025, '双11', date '2025-10-20', date '2025-11-11', 90, 120.0, 0.75, 0.5, 1.125),
    ('618', 2026, '618 年中大促', date '2026-06-01', date '2026-06-18', 881, null, null, null, null)
) as effects (festival, festival_year, label_zh, starts_on, ends_on, repeat_orders, ordinary_repeat_orders, lift, lift_low, lift_high);
create table campaign_effects as
select * from (values
    ('C1', 'A', null, date '2026-02-01', 29, 0, 0.0::double, null::double, null::double, null::double),
    ('C1', 'B', 'A', date '2026-02-01', 50, 4, 0.08, null, null, null),
    ('C2', 'A', null, date '2026-04-01', 100, 40, 0.4, null, null, null), ('C2', 'B', 'A', date '2026-04-01', 100, 60, 0.6, 1.5, 1.1, 2.05),
    ('C2', 'C', 'A', date '2026-04-01', 29, 29, 1.0, 2.5, 1.25, 5.0),
    ('C3', 'A', null, date '2026-06-25', 80, null, null, null, null, null), ('C3', 'B', 'A', date '2026-06-25', 80, null, null, null, null, null)
) as effects (campaign_id, variant, compared_with, sent_from, customers, orders, orders_per_customer, ratio, ratio_low, ratio_high),
    lateral (select sent_from as sent_until) as sent;

create table kpi_scorecard as
select * from (values
    ('conversion', 'all', 0.0512, 512, 10000, 0.045, 'at_least', 'share', 'met', null),
    ('conversion', 'email', 0.04, 1, 25, 0.042, 'at_least', 'share', 'missed', null),
    ('conversion', 'social', 0.03, 3, 100, null, null, 'share', 'not measurable', 'No target is set.'),
    ('nps', 'all', 0.275, 19, 69, null, 'above_previous', 'balance of shares', 'not measurable', 'No period before.'),
    ('repeat_purchase_30_gain', 'all', -0.0283, -28, 1000, 0.0, 'above', 'difference of shares', 'missed', null),
    ('cltv', 'all', 2438.47, 24384.7, 1000, 150.0, 'at_least', 'CNY per customer', 'met', null),
    ('cltv', 'tier:Gold', 6343.0, 63430, 10, null, null, 'CNY per customer', 'not measurable', 'No target is set.'),
    ('stage_conversion', 'new', null, null, null, 0.07, 'at_least', 'share', 'not measurable', 'Nothing could be counted.'),
    ('stage_conversion', 'mature', null, null, null, 0.08, 'at_least', 'share', 'not measurable', 'Nothing could be counted.'),
    ('a_new_kpi', 'all', null, null, null, 1.0, 'at_most', 'days', 'not measurable', 'Nothing could be counted.')
) as rows (kpi, segment, value, numerator, n, target, direction, unit, status, reason);
