-- Which customers have the accounts of one that is no customer any more, also over several steps, also by a published
-- hash.
with recursive

events as (

    select former_customer_id, customer_id from governance.identity_events

),

current_customers as materialized (

    select distinct customer_id
    from intermediate.int_account_customers
    where customer_id in (select customer_id from events)

),

followed as (

    select customer_id
    from events
    where $asked in (former_customer_id, hashed_customer(former_customer_id))
    union
    select events.customer_id
    from followed
    inner join events on followed.customer_id = events.former_customer_id
    where followed.customer_id not in (select customer_id from current_customers)

),

final as (

    select null as platform, followed.customer_id
    from followed
    inner join current_customers on followed.customer_id = current_customers.customer_id

)

select platform, customer_id from final
order by customer_id
