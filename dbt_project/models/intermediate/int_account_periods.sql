-- Which customer each account was said to be, release after release, up to this one.
with

releases as (

    select as_of_date, release_id
    from {{ source('history', 'releases') }}
    where as_of_date <= {{ as_of_date() }}

),

numbered as (

    select
        as_of_date,
        release_id,
        row_number() over (order by as_of_date, release_id) as step
    from releases
    union all
    select {{ as_of_date() }}, null, count(*) + 1
    from releases

),

steps as (

    select
        *,
        lag(as_of_date) over (order by step) as told_until
    from numbered

),

told as (

    select
        told.platform,
        told.account_id,
        told.customer_id,
        told.rule,
        steps.*
    from {{ source('history', 'accounts') }} as told
    inner join steps on told.release_id = steps.release_id
    union all
    select
        told.platform,
        told.account_id,
        told.customer_id,
        told.rule,
        steps.*
    from {{ ref('int_account_customers') }} as told
    inner join steps on steps.release_id is null

),

followed as (

    select
        *,
        lag(customer_id) over (partition by platform, account_id order by step) as former_customer_id
    from told

),

periods as (

    select
        *,
        lead(step) over (partition by platform, account_id order by step) as until_step
    from followed
    where former_customer_id is null or customer_id is null or customer_id <> former_customer_id

),

-- A row without a customer only says that the account was there no more.
final as (

    select
        platform,
        account_id,
        former_customer_id,
        customer_id,
        rule,
        as_of_date as known_from,
        told_until,
        step as from_step,
        until_step
    from periods
    where customer_id is not null

)

select * from final
