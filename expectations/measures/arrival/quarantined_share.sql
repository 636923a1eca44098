-- The ledger only: open rows in quarantine of all rows that an extract ever delivered, above what its row in
-- seeds/quarantine_limits.csv lets pass. Rows that were given up are decided and count no more.
with limits as (
    select *
    from (values $quarantine_limits) as rows (extract, warn_share, refuse_share, min_rows)
),

per_extract as (
    select
        extract,
        sum(rows_read) as read_rows,
        sum(rows_quarantined - rows_given_up) as open_rows
    from raw.ingested_files
    group by extract
),

judged as (
    select
        per_extract.extract,
        per_extract.read_rows,
        per_extract.open_rows / nullif(per_extract.read_rows, 0) as open_share,
        coalesce(own.warn_share, other.warn_share) as warn_share
    from per_extract
    left join limits as own on per_extract.extract = own.extract
    cross join (select * from limits where extract = 'other') as other
)

select
    extract || ': ' || round(100 * open_share, 1) || ' % of ' || read_rows || ' rows, at most '
    || round(100 * warn_share, 1) || ' %' as subject,
    greatest(coalesce(open_share, 0) - warn_share, 0) as quarantined_share
from judged
