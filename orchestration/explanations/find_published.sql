-- Who is behind an id that is published as a hash. Only ids that are somebody's telephone number or e-mail are, and the
-- customers of such accounts, so these alone are hashed.
with

personal as (

    select platform, account_id, customer_id
    from intermediate.int_account_customers
    where is_personal_id(account_id)

),

customers as (

    select null as platform, customer_id
    from (select distinct customer_id from personal) as named
    where regexp_matches($asked, '^C[0-9a-f]+$') and hashed_customer(customer_id) = $asked

),

accounts as (

    select platform, customer_id
    from personal
    where
        regexp_matches($asked, '(^|[/:])A[0-9a-f]+$')
        and hashed_account(platform, account_id) = regexp_extract($asked, 'A[0-9a-f]+$')
        and (
            regexp_matches($asked, '^A')
            or starts_with($asked, platform || '/')
            or starts_with($asked, platform || ':')
        )

),

final as (

    select platform, customer_id from customers
    union
    select platform, customer_id from accounts

)

select platform, customer_id from final
order by platform, customer_id
