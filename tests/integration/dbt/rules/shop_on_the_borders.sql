-- A shop of 1,500 customers whose orders lie on, before and after every border of the rules, as core marts.
-- Pseudo-random by hash, so every build is the same. `as_of()` is defined by the test.
create schema marts;
create schema intermediate;
create schema kpi;
create schema history;
create table history.releases (as_of_date date, release_id varchar);
create table history.customers (
    customer_id varchar, customer_category varchar, rfm_tier varchar, evaluated_tier varchar, is_vip boolean,
    value_level varchar, activity_level varchar, lifecycle_stage varchar, as_of_date date, release_id varchar,
    is_gone boolean
);

create table dice as
select
    'c' || customer as customer_id,
    customer,
    n,
    hash(customer, n, 'month') % 27 as months_ago,
    (hash(customer, n, 'day') % 3)::integer - 1 as shift_days,
    hash(customer, n, 'kind') % 10 as kind,
    hash(customer, n, 'far') % 4 = 0 as is_anywhere,
    hash(customer, n, 'where') % 800 as days_ago
from range(1500) as customers(customer)
cross join range(10) as orders(n)
where n < hash(customer, 'orders') % 11;

create table marts.orders as
with placed as (
    select
        *,
        least(
            case
                when is_anywhere then as_of() - days_ago::integer
                else (as_of() - to_months(months_ago::integer))::date - shift_days
            end,
            as_of()
        ) as order_date,
        kind >= 2 as is_sale,
        -- One price per customer puts the average onto a border; one order in ten leaves it.
        [50, 299.99, 300, 499.99, 500, 999.99, 1000, 1666.67, 1999.99, 2000, 3333.34, 5000, 5000.01, 10000][
            1 + (hash(customer, case when kind = 9 then n end, 'price') % 14)::integer
        ]::decimal(18, 2) as price
    from dice
),

priced as (
    select
        *,
        case when kind = 0 then 'credit_note' when kind = 1 then 'cancelled' else 'completed' end as status,
        case when kind = 0 then -10.01 when is_sale then price else 0 end::decimal(18, 2) as net_revenue
    from placed
)

select
    'web' as platform,
    customer_id || '-' || n as order_id,
    case when customer % 50 <> 7 then customer_id end as customer_id,
    (order_date + to_hours((hash(customer, n, 'hour') % 16)::integer))::timestamp as ordered_at,
    order_date,
    status,
    is_sale,
    (price + 5)::decimal(18, 2) as gross_amount,
    case when kind >= 5 and hash(customer, 'waits for discounts') % 3 > 0 then 5 else 0 end::decimal(18, 2)
        as discount_amount,
    (price + case when kind = 6 then 0 else 2.5 end)::decimal(18, 2) as paid_amount,
    [null, 'alipay', 'wechat_pay', 'unionpay'][1 + (hash(customer, n % 3, 'payment') % 4)::integer] as payment_method,
    net_revenue,
    case when status <> 'credit_note' then (hash(customer, n, 'items') % 6)::integer end as item_count,
    case when is_sale and customer % 50 <> 7 then
        row_number() over (partition by customer_id, is_sale order by order_date, n)::integer
    end as order_number,
    ['mobile', 'pc', null][1 + (hash(customer, n, 'device') % 3)::integer] as device
from priced;

create table marts.order_items as
select
    platform, order_id, 1 as line_no, customer_id, order_date, is_sale,
    ['shoes', 'hats', null, 'bags'][1 + (hash(order_id, 'category') % 4)::integer] as category,
    ['one', 'two', null][1 + (hash(order_id, 'brand') % 3)::integer] as brand,
    item_count as quantity,
    [10, 20.01, 33.33, 0, 400][1 + (hash(order_id, 'price') % 5)::integer]::decimal(18, 2) as unit_price,
    net_revenue
from marts.orders
where item_count > 0;

create table marts.sessions as
select
    's' || customer || '-' || n as session_id,
    'c' || customer as customer_id,
    day as session_date,
    day::timestamp + to_hours(5) as started_at,
    day::timestamp + to_hours(6) as ended_at,
    case when hash(customer, 'logs in') % 3 > 0 then 1 + (hash(customer, n, 'login') % 2)::integer else 0 end as logins,
    'mobile' as device
from (
    select
        customer,
        n,
        case
            -- Some were last seen about 30 days ago.
            when n < 10 and customer % 9 = 0 then as_of() - 29 - (hash(customer, 's') % 3)::integer
            when n < 10 then as_of() - (hash(customer, n, 's') % 33)::integer
            else (as_of() - to_months(6))::date - (hash(customer, n, 's') % 3)::integer + 1
        end as day
    from range(1500) as customers(customer)
    cross join range(12) as visits(n)
    where case when n < 10 then n + 5 < hash(customer, 'recent') % 21 else hash(customer, n, 'old') % 2 = 0 end
) as visits;

-- Around the edge of twelve months, and within them.
create table marts.tickets as
select
    'web' as platform,
    't' || customer || '-' || n as ticket_id,
    'c' || customer as customer_id,
    day::timestamp as created_at,
    day as created_date,
    ['inquiry', 'complaint', 'return', null][1 + (hash(customer, n, 'category') % 4)::integer] as category,
    ['物流延误', 'Late DELIVERY', '质量问题', '发票', null][1 + (hash(customer, n, 'topic') % 5)::integer] as topic,
    null::integer as satisfaction
from (
    select
        customer,
        n,
        case
            when n = 0 then (as_of() - interval 12 month)::date + (customer % 3 - 1)::integer
            else as_of() - (hash(customer, n, 'opened') % 300)::integer
        end as day
    from range(1500) as customers(customer)
    cross join range(4) as tickets(n)
    where hash(customer, n, 'asks') % 3 = 0 and customer % 50 <> 7
) as opened;

create table intermediate.int_customers as
select
    'c' || customer as customer_id,
    1 as account_count,
    'web' as platforms,
    case
        when customer % 4 > 0
            then ((as_of() - to_months((customer % 9)::integer))::date - (customer % 40)::integer)::timestamp
                + to_hours(4) - to_days(case when customer % 9 = 0 then 29 else 0 end)
    end as first_registered_at,
    'CN' as country, case when customer % 3 = 0 then '浙江省' end as province, null::varchar as city,
    case when customer % 5 > 0 then 'female' end as gender, case when customer % 7 > 0 then '25-34' end as age_band,
    case when customer % 2 = 0 then '教师' end as occupation, null::varchar as acquisition_channel,
    true as is_email_valid, true as is_phone_valid, true as has_email_consent, true as has_sms_consent,
    customer % 60 = 1 as is_blocked
from range(1500) as customers(customer)
where customer % 50 <> 7;

delete from marts.sessions where customer_id not in (select customer_id from intermediate.int_customers);

create table kpi.cltv_scores (customer_id varchar, expected_orders_12m double, cltv_12m decimal(18, 2));
create table kpi.churn_scores (customer_id varchar, churn_probability_90d double);
create table kpi.next_orders (customer_id varchar, next_order_date date);
