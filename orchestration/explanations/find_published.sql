-- Who is behind an id that is published as a hash. All ids are hashed, so this is asked last.
with

account_customers as (

    select platform, account_id, customer_id from intermediate.int_account_customers

),

customers as (

    select null as platform, customer_id
    from account_customers
    where regexp_matches($asked, '^C[0-9a-f]+$') and hashed_customer(customer_id) = $asked

),

accounts as (

    select platform, customer_id
    from account_customers
    where
        regexp_matches($asked, '(^|[/:])A[0-9a-f]+$')
        and ends_with($asked, hashed_account(platform, account_id))
        and $asked in (
            hashed_account(platform, account_id),
            platform || '/' || hashed_account(platform, account_id),
            platform || ':' || hashed_account(platform, account_id)
        )

),

final as (

    select platform, customer_id from customers
    union
    select platform, customer_id from accounts

)

select platform, customer_id from final
order by platform, customer_id
