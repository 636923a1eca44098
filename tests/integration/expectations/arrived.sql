create schema raw;

-- Order n of month m is o<m>-<n>; account a<n> buys 40 times a year. o6-1 came twice, the later version refunds 5.
create table raw.orders as
select
    'web' as platform,
    'o' || m || '-' || n as order_id,
    'a' || n as account_id,
    make_timestamp(2024, m, 1 + n % 28, 3, 0, 0.0) as ordered_at,
    make_timestamp(2024, m, 1 + n % 28, 3, 0, 0.0) as updated_at,
    case n % 10 when 0 then 'cancelled' when 1 then 'pending' else 'paid' end as status,
    cast(100 + n as decimal(18, 2)) as paid_amount,
    cast(0 as decimal(18, 2)) as refunded_amount,
    'hash-orders' as _file_hash,
    'orders.csv' as _file_name,
    cast(m * 100 + n as bigint) as _line_number,
    timestamp '2025-01-01 00:00:00' as _ingested_at,
    hash(m, n) as _row_hash
from range(1, 13) as months (m), range(1, 41) as numbers (n);

insert into raw.orders
select * replace (updated_at + interval 60 day as updated_at, cast(5 as decimal(18, 2)) as refunded_amount)
from raw.orders
where order_id = 'o6-2';

create table raw.order_items as
select
    platform,
    order_id,
    line_no::integer as line_no,
    'p' || line_no as product_id,
    3 as quantity,
    cast(10.01 as decimal(18, 2)) as unit_price,
    cast(0.02 as decimal(18, 2)) as discount_amount,
    case when line_no = 2 then 1 else 0 end as refunded_quantity,
    _file_hash,
    _file_name,
    _line_number,
    _ingested_at,
    _row_hash
from (select distinct on (platform, order_id) * from raw.orders), range(1, 3) as lines (line_no);

-- Twelve monthly files of 50 accounts; account 50 of each month has no e-mail (2 %), account 49 a broken one.
create table raw.registrations as
select
    'web' as platform,
    'a' || ((m - 1) * 50 + n) as account_id,
    make_timestamp(2024, m, 1, 0, 0, 0.0) as registered_at,
    cast(null as timestamp) as updated_at,
    'active' as status,
    case n when 50 then '' when 49 then 'broken@' else 'person' || m || '_' || n || '@shop.example' end as email,
    'hash-' || m as _file_hash,
    'registrations-' || m || '.csv' as _file_name,
    cast(n as bigint) as _line_number,
    timestamp '2025-01-01 00:00:00' as _ingested_at,
    hash(m, n) as _row_hash
from range(1, 13) as months (m), range(1, 51) as numbers (n);

create table raw.browse_events as
select
    'e' || n as event_id,
    timestamp '2024-01-01' + interval 12 hour * n as event_at
from range(0, 720) as numbers (n);

create table raw.tickets as
select
    't' || n as ticket_id,
    timestamp '2024-01-01' + interval 5 day * n as created_at
from range(0, 70) as numbers (n);

create table raw.ingested_files (
    file_hash varchar, "extract" varchar, file_name varchar, rows_read bigint, rows_accepted bigint,
    rows_quarantined bigint, rows_duplicate bigint, rows_given_up bigint, refused_reason varchar, ingested_at timestamp
);
insert into raw.ingested_files values
('hash-orders', 'orders', 'orders.csv', 1000, 990, 5, 5, 0, null, timestamp '2025-01-01'),
('hash-items', 'order_items', 'order_items.csv', 2000, 2000, 0, 0, 0, null, timestamp '2025-01-01'),
('hash-1', 'registrations', 'registrations-1.csv', 50, 50, 0, 0, 0, null, timestamp '2025-01-01');
