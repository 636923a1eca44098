-- Recipients of a delivered e-mail who reacted ($event_type: opened, clicked, unsubscribed) up to the end of the period,
-- each counted once and machine events left out, ÷ delivered in the period.
with

deliveries as (

    select
        events.campaign_id,
        events.variant,
        events.platform,
        events.account_id,
        min(events.event_at) filter (where events.event_type = 'delivered') as delivered_at,
        count(*) filter (where events.event_type = $event_type and not events.is_machine) as reactions
    from staging.stg_campaign_events as events
    inner join staging.stg_campaigns as campaigns
        on events.campaign_id = campaigns.campaign_id and events.variant is not distinct from campaigns.variant
    where
        campaigns.channel = 'email'
        and cast(timezone($reporting_time_zone, timezone('UTC', events.event_at)) as date) <= $period_end
    group by events.campaign_id, events.variant, events.platform, events.account_id

)

select
    'all' as segment,
    count(*) filter (where reactions > 0) as numerator,
    count(*) as denominator
from deliveries
where
    cast(timezone($reporting_time_zone, timezone('UTC', delivered_at)) as date) between $period_start and $period_end
