-- Received = duplicate + quarantined + superseded + excluded + in marts, per extract, to the cent.
with

files as (

    select * from {{ ref('stg_ingested_files') }}
    where extract in ('orders', 'order_items')

),

quarantined_rows as (

    select * from {{ ref('stg_quarantined_rows') }}
    where extract in ('orders', 'order_items')

),

received as (

    select
        extract,
        'received' as stage,
        'all rows read' as reason,
        sum(rows_read) as row_count,
        sum(amount_read) as amount
    from files
    group by 1

),

fates as (

    select
        extract,
        'duplicate' as stage,
        'the same row came before' as reason,
        sum(rows_duplicate) as row_count,
        sum(amount_duplicate) as amount
    from files
    group by 1
    union all
    select
        extract,
        'quarantined' as stage,
        primary_reason as reason,
        count(*) as row_count,
        sum(amount) as amount
    from quarantined_rows
    group by 1, 3
    union all
    select 'orders' as extract, stage, reason, row_count, amount
    from {{ ref('order_money') }}
    union all
    select 'order_items' as extract, stage, reason, row_count, amount
    from {{ ref('order_item_money') }}

),

unexplained as (

    select
        fates.extract,
        'unexplained' as stage,
        'must be zero' as reason,
        coalesce(max(received.row_count), 0) - sum(fates.row_count) as row_count,
        coalesce(max(received.amount), 0) - coalesce(sum(fates.amount), 0) as amount
    from fates
    left join received on fates.extract = received.extract
    group by 1

),

entries as (

    select * from received
    union all
    select * from fates
    union all
    select * from unexplained

),

final as (

    select
        extract,
        stage,
        reason,
        cast(row_count as bigint) as rows,
        cast(coalesce(amount, 0) as decimal(18, 2)) as amount
    from entries

)

select * from final
