with

account_customers as (

    select * from {{ ref('int_account_customers') }}

),

final as (

    select
        platform,
        account_id,
        customer_id,
        rule,
        linked_through
    from account_customers

)

select * from final
