-- Who begins a month in one tier and ends it in another, as runs of months that begin and end alike: a customer has a
-- row per change and not one per month. Tiers are set on first days of months, so who holds one holds it to the end of
-- a month.
with history as (
    select
        *,
        lead(valid_from) over (partition by customer_id order by valid_from) as next_valid_from
    from {{ ref('int_customer_tiers') }}
),

tiers as (
    select
        customer_id,
        rfm_tier,
        is_provisional,
        cast({{ dbt.date_trunc('month', 'valid_from') }} as date) as first_month,
        -- The month that begins without the tier; NULL while it holds.
        cast({{ dbt.date_trunc('month', days_after('valid_to', 1)) }} as date) as month_after,
        lag(rfm_tier) over (partition by customer_id order by valid_from) as previous_tier,
        lag(is_provisional) over (partition by customer_id order by valid_from) as previous_is_provisional,
        lag(valid_to) over (partition by customer_id order by valid_from)
        = {{ days_after('valid_from', -1) }} as is_continued,
        cast({{ dbt.date_trunc('month', 'next_valid_from') }} as date) as next_month
    from history
),

as_of as (
    select cast({{ dbt.date_trunc('month', as_of_date()) }} as date) as current_month
),

runs as (
    select
        customer_id,
        first_month,
        first_month as last_month,
        case when previous_tier is null then 'new' when is_continued then previous_tier else 'none' end as from_tier,
        rfm_tier as to_tier,
        coalesce(is_continued and previous_is_provisional, false) as was_provisional,
        is_provisional
    from tiers
    union all
    select
        tiers.customer_id,
        {{ months_after('tiers.first_month', 1) }},
        coalesce({{ months_after('tiers.month_after', -1) }}, as_of.current_month),
        tiers.rfm_tier,
        tiers.rfm_tier,
        tiers.is_provisional,
        tiers.is_provisional
    from tiers
    cross join as_of
    union all
    select customer_id, month_after, month_after, rfm_tier, 'none', is_provisional, false
    from tiers
    where next_month is null or next_month > month_after
    union all
    select
        tiers.customer_id,
        {{ months_after('tiers.month_after', 1) }},
        coalesce({{ months_after('tiers.next_month', -1) }}, as_of.current_month),
        'none',
        'none',
        false,
        false
    from tiers
    cross join as_of
    where tiers.next_month is null or tiers.next_month > tiers.month_after
),

final as (
    select * from runs where first_month <= last_month
)

select customer_id, first_month, last_month, from_tier, to_tier, was_provisional, is_provisional from final
