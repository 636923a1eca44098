-- The ledger only. The latest delivery of an extract is what its latest ingestion brought.
with files as (
    select
        *,
        ingested_at = max(ingested_at) over (partition by extract) as is_latest_delivery
    from raw.ingested_files
)

select
    extract as subject,
    count(*) filter (where is_latest_delivery and refused_reason is not null) as files_refused,
    count(*) filter (where rows_read <> rows_accepted + rows_quarantined + rows_duplicate) as files_unaccounted
from files
group by extract
