-- Who was sent which variant of a campaign that has several, and what they ordered within $effect_days after the day of
-- sending. Only receivers who had bought before: a campaign is held against what its receivers would order anyway. Who
-- was sent two variants, by two accounts, is in no group.
with

variants as (

    select campaign_id, variant
    from staging.stg_campaigns
    where variant is not null
    qualify count(*) over (partition by campaign_id) > 1

),

sent as (

    select
        events.campaign_id,
        events.variant,
        identities.customer_id,
        min(cast(timezone($reporting_time_zone, timezone('UTC', events.event_at)) as date)) as sent_on
    from staging.stg_campaign_events as events
    inner join variants
        on variants.campaign_id = events.campaign_id and variants.variant = events.variant
    inner join marts.identity_map as identities
        on identities.platform = events.platform and identities.account_id = events.account_id
    where events.event_type in ('sent', 'delivered')
    group by events.campaign_id, events.variant, identities.customer_id

),

receivers as (

    select sent.*
    from sent
    inner join marts.orders as first_orders
        on first_orders.customer_id = sent.customer_id and first_orders.order_number = 1
    where sent.sent_on <= $as_of and first_orders.order_date < sent.sent_on
    qualify count(*) over (partition by sent.campaign_id, sent.customer_id) = 1

),

ordered as (

    select
        receivers.campaign_id,
        receivers.customer_id,
        count(*) as orders
    from receivers
    inner join marts.orders as orders
        on
            orders.customer_id = receivers.customer_id
            and orders.order_date > receivers.sent_on
            and orders.order_date <= receivers.sent_on + $effect_days::integer
    where orders.is_sale and orders.order_date <= $as_of
    group by receivers.campaign_id, receivers.customer_id

)

select
    receivers.campaign_id,
    receivers.variant,
    min(receivers.sent_on) as sent_from,
    max(receivers.sent_on) as sent_until,
    max(receivers.sent_on) + $effect_days::integer <= $as_of as is_over,
    count(*) as customers,
    cast(coalesce(sum(ordered.orders), 0) as bigint) as orders,
    cast(coalesce(sum(ordered.orders * ordered.orders), 0) as bigint) as squared_orders
from receivers
left join ordered
    on ordered.campaign_id = receivers.campaign_id and ordered.customer_id = receivers.customer_id
group by receivers.campaign_id, receivers.variant
order by receivers.campaign_id, receivers.variant
