with

tickets as (

    select * from {{ ref('stg_tickets') }}
    where created_at < {{ as_of_end() }}

),

account_customers as (

    select * from {{ ref('int_account_customers') }}

),

measured as (

    select
        tickets.*,
        account_customers.customer_id,
        {{ minutes_between('tickets.created_at', 'tickets.first_response_at') }} as first_response_minutes,
        {{ minutes_between('tickets.created_at', 'tickets.resolved_at') }} as resolution_minutes,
        {{ minutes_between('tickets.created_at', as_of_end()) }} as open_minutes,
        {{ rule_value('service_rules', 'first_response_under') }} as first_response_limit,
        {{ rule_value('service_rules', 'resolution_under') }} as resolution_limit
    from tickets
    left join account_customers
        on tickets.platform = account_customers.platform and tickets.account_id = account_customers.account_id

),

final as (

    select
        platform,
        ticket_id,
        account_id,
        customer_id,
        created_at,
        {{ reporting_date('created_at') }} as created_date,
        first_response_at,
        resolved_at,
        channel,
        category,
        topic,
        priority,
        escalation_level,
        handled_by,
        status,
        satisfaction,
        first_response_minutes,
        resolution_minutes,
        case
            when first_response_minutes < first_response_limit and resolution_minutes < resolution_limit then true
            -- A limit that has run out is missed, whether or not the answer came later.
            when coalesce(first_response_minutes, open_minutes) >= first_response_limit then false
            when coalesce(resolution_minutes, open_minutes) >= resolution_limit then false
        end as is_sla_met
    from measured

)

select * from final
