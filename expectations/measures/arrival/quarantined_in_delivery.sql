-- The ledger only: open rows in quarantine of each delivery (what one ingestion brought of an extract), above
-- what the extract's row in seeds/quarantine_limits.csv lets pass. A bad delivery counts until it is healed: its
-- rows replayed or given up, or its file dropped again, corrected, under the same name.
with limits as (
    select *
    from (values $quarantine_limits) as rows (extract, warn_share, refuse_share, min_rows)
),

files as (
    select
        *,
        ingested_at < max(ingested_at) over (partition by extract, file_name) as is_replaced
    from raw.ingested_files
),

deliveries as (
    select
        extract,
        ingested_at,
        sum(rows_read) as read_rows,
        sum(rows_quarantined - rows_given_up) / nullif(sum(rows_read), 0) as open_share
    from files
    where not is_replaced
    group by extract, ingested_at
),

judged as (
    select
        deliveries.*,
        coalesce(own.refuse_share, other.refuse_share) as refuse_share,
        coalesce(own.min_rows, other.min_rows) as min_rows
    from deliveries
    left join limits as own on deliveries.extract = own.extract
    cross join (select * from limits where extract = 'other') as other
)

select
    extract || ' of ' || strftime(ingested_at, '%Y-%m-%d %H:%M:%S') || ': ' || round(100 * open_share, 1) || ' % of '
    || read_rows || ' rows, at most ' || round(100 * refuse_share, 1) || ' %' as subject,
    greatest(coalesce(open_share, 0) - refuse_share, 0) as quarantined_in_delivery
from judged
where read_rows >= min_rows
