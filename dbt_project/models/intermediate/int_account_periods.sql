-- Which customer each account was said to be, release after release, up to this one.
with

told_before as (

    select
        platform,
        account_id,
        customer_id,
        rule,
        as_of_date,
        row_number() over (partition by platform, account_id, as_of_date order by release_id desc) as age
    from {{ source('history', 'accounts') }}
    where as_of_date < {{ as_of_date() }}

),

told as (

    select platform, account_id, customer_id, rule, as_of_date
    from told_before
    where age = 1
    union all
    select platform, account_id, customer_id, rule, {{ as_of_date() }} as as_of_date
    from {{ ref('int_account_customers') }}

),

followed as (

    select
        platform,
        account_id,
        customer_id,
        rule,
        as_of_date,
        lag(customer_id) over (partition by platform, account_id order by as_of_date) as former_customer_id
    from told

),

periods as (

    select
        platform,
        account_id,
        former_customer_id,
        customer_id,
        rule,
        as_of_date as known_from,
        lead(as_of_date) over (partition by platform, account_id order by as_of_date) as known_until
    from followed
    where former_customer_id is null or customer_id is null or customer_id <> former_customer_id

),

-- A row without a customer only says that the account was there no more.
final as (

    select * from periods
    where customer_id is not null

)

select * from final
