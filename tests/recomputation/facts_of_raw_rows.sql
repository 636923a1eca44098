-- The facts that the rules look at, from the rows as they came in and from who is one customer; nothing else of the
-- warehouse is read. The test defines as_of() and local_day(), the day of an instant in the reporting time zone.
create temp table shop_all_orders as
with newest as (
    select * from raw.orders
    where local_day(ordered_at) <= as_of()
    qualify row_number() over (
        partition by platform, order_id
        order by
            coalesce(updated_at, ordered_at) desc, refunded_amount desc nulls last,
            -- What a status may become later stands further to the right.
            list_position(
                [
                    'pending', 'paid', 'shipped', 'delivered', 'completed',
                    'unavailable', 'cancelled', 'refunded', 'credit_note'
                ], status
            ) desc,
            _row_hash desc
    ) = 1
),

newest_lines as (
    select * from raw.order_items
    qualify row_number() over (
        partition by platform, order_id, line_no order by coalesce(refunded_quantity, 0) desc, _row_hash desc
    ) = 1
),

pieces as (select platform, order_id, sum(quantity) as pieces from newest_lines group by all)

select
    people.customer_id,
    local_day(newest.ordered_at) as order_date,
    newest.status in ('paid', 'shipped', 'delivered', 'completed') as is_sale,
    newest.status <> 'credit_note' as is_placed,
    case
        when newest.status in ('paid', 'shipped', 'delivered', 'completed')
            then coalesce(newest.paid_amount, 0) - coalesce(newest.refunded_amount, 0)
        when newest.status = 'credit_note' then -coalesce(newest.refunded_amount, 0)
        else 0
    end as net_revenue,
    coalesce(pieces.pieces, 0) as pieces,
    newest.platform,
    newest.order_id,
    newest.ordered_at
from newest
left join marts.identity_map as people
    on people.platform = newest.platform and people.account_id = trim(newest.account_id)
left join pieces on pieces.platform = newest.platform and pieces.order_id = newest.order_id;

-- A guest's order is nobody's.
create temp table shop_orders as from shop_all_orders where customer_id is not null;

create temp table shop_registrations as
select *, nullif(trim(anonymous_id), '') as browser
from raw.registrations
where registered_at is null or local_day(registered_at) <= as_of()
qualify row_number() over (
    partition by platform, account_id
    order by
        coalesce(updated_at, registered_at) desc nulls last, (coalesce(lower(trim(status)), '') = 'blocked') desc,
        _row_hash desc
) = 1;

-- The oldest registration counts; one blocked account blocks the customer.
create temp table shop_customers as
select
    people.customer_id,
    coalesce(bool_or(lower(trim(registered.status)) = 'blocked'), false) as is_blocked,
    local_day(min(registered.registered_at)) as registered_date
from marts.identity_map as people
left join shop_registrations as registered using (platform, account_id)
group by all;

create temp table shop_events as
select *, coalesce('s' || session_id, 'b' || anonymous_id, 'a' || account_id, 'e' || event_id) as visitor
from raw.browse_events
where local_day(event_at) <= as_of();

-- A browser names its customer unless it is a machine that many share, or a word in place of an id.
create temp table shop_browsers as
with told as (
    select platform, account_id, anonymous_id as browser from shop_events
    union
    select platform, account_id, browser from shop_registrations
)

select told.browser, min(people.customer_id) as customer_id
from told
inner join marts.identity_map as people using (platform, account_id)
where
    length(told.browser) >= 6
    and not exists (
        from seeds.placeholders where kind = 'browser' and trim(lower(told.browser)) like pattern
    )
group by told.browser
having count(*) <= 4 and count(distinct people.customer_id) = 1;

-- A visit ends after half an hour without an event, unless the source says what a visit is. It is dated by its start
-- and belongs to the first account in it, else to the browser.
create temp table shop_visits as
with marked as (
    select
        *,
        coalesce(
            session_id is null
            and event_at > lag(event_at) over (partition by platform, visitor order by event_at) + interval 30 minute,
            false
        ) as begins
    from shop_events
),

numbered as (
    select *, count(*) filter (begins) over (partition by platform, visitor order by event_at) as visit from marked
),

visits as (
    select
        platform,
        min_by(account_id, (event_at, account_id)) filter (account_id is not null) as account_id,
        min_by(anonymous_id, (event_at, anonymous_id)) filter (anonymous_id is not null) as browser,
        platform || '/' || visitor as visitor,
        min(event_at) as started_at,
        max(event_at) as ended_at,
        min_by(source, (event_at, source)) filter (source is not null) as source,
        local_day(min(event_at)) as visit_date,
        count(*) filter (event_type = 'login') as logins
    from numbered
    group by platform, visitor, visit
)

select
    coalesce(people.customer_id, shop_browsers.customer_id) as customer_id, visits.visit_date, visits.logins,
    visits.visitor, visits.started_at, visits.ended_at, visits.source
from visits
left join marts.identity_map as people using (platform, account_id)
left join shop_browsers using (browser)
