-- The ledger only. The latest delivery of an extract is what its latest ingestion brought; an older bad
-- delivery was told when it came, and its rows stay in `rapport quarantine`.
with files as (
    select
        *,
        ingested_at = max(ingested_at) over (partition by extract) as is_latest_delivery
    from raw.ingested_files
),

per_extract as (
    select
        extract,
        sum(rows_quarantined) / nullif(sum(rows_read), 0) as quarantined_share,
        sum(rows_read) filter (where is_latest_delivery) as delivered_rows,
        sum(rows_quarantined) filter (where is_latest_delivery)
        / nullif(sum(rows_read) filter (where is_latest_delivery), 0) as delivery_share,
        count(*) filter (where is_latest_delivery and refused_reason is not null) as refused_files,
        count(*) filter (where rows_read <> rows_accepted + rows_quarantined + rows_duplicate) as unaccounted_files
    from files
    group by extract
)

select
    extract as subject,
    coalesce(quarantined_share, 0) as quarantined_share,
    case when delivered_rows >= $quarantine_reference_rows then coalesce(delivery_share, 0) else 0 end
        as quarantined_in_delivery,
    refused_files as files_refused,
    unaccounted_files as files_unaccounted
from per_extract
