{{ config(tags=['serving']) }}

-- Every customer of the identity resolution, none twice, each with one value of every rule.
select
    customers.customer_id,
    count(served.customer_id) as times_served
from {{ ref('int_customers') }} as customers
left join {{ ref('customer_360') }} as served
    on
        served.customer_id = customers.customer_id
        and served.customer_category is not null
        and served.value_level is not null
        and served.activity_level is not null
        and served.lifecycle_stage is not null
group by customers.customer_id
having count(served.customer_id) <> 1
