-- What customers need the service desk for: what tickets are about (seeds/service_needs.csv, first row that fits).
-- The 12 months are no rule to set: the names of the columns fix them.
with as_of as (
    select evaluated_on from {{ ref('int_evaluation_dates') }} where purpose = 'segments' and is_current
),

tickets as (
    select tickets.customer_id, tickets.category, lower(tickets.topic) as topic
    from {{ ref('tickets') }} as tickets
    inner join as_of on tickets.created_date > {{ months_after('as_of.evaluated_on', '-12') }}
    where tickets.customer_id is not null
),

needs as (
    select * from {{ rule_set_in_force('service_needs') }} as rules
),

-- Few kinds of tickets, many tickets.
kinds as (
    select distinct category, topic from tickets
),

fitting as (
    select kinds.category, kinds.topic, min(needs.precedence) as precedence
    from kinds
    inner join needs
        on
            (needs.ticket_category is null or needs.ticket_category = kinds.category)
            and (needs.topic_pattern is null or kinds.topic like needs.topic_pattern)
    group by kinds.category, kinds.topic
),

named as (
    select fitting.category, fitting.topic, needs.service_need
    from fitting
    inner join needs on needs.precedence = fitting.precedence
),

final as (
    select
        tickets.customer_id,
        cast(count(*) as integer) as tickets_12m,
        cast(count(case when named.service_need = 'logistics' then 1 end) as integer) as logistics_tickets_12m,
        cast(count(case when named.service_need = 'after_sales' then 1 end) as integer) as after_sales_tickets_12m
    from tickets
    left join named
        on
            coalesce(named.category, '') = coalesce(tickets.category, '')
            and coalesce(named.topic, '') = coalesce(tickets.topic, '')
    group by tickets.customer_id
)

select customer_id, tickets_12m, logistics_tickets_12m, after_sales_tickets_12m from final
