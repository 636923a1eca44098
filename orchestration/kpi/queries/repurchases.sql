-- What is due to be bought again, one row per customer with a successful order. Of several categories: one that is due
-- before one that is not yet, an own rhythm before the category's, the earlier before the later.
with

buyers as (

    select distinct customer_id
    from marts.orders
    where is_sale and customer_id is not null and order_date <= $as_of

),

delivered as (

    select exists(select 1 from marts.order_items where category is not null) as has_categories

),

candidates as (

    select
        customer_id,
        category,
        gap_days,
        purchase_days,
        is_own_gap,
        last_bought_on + gap_days as due_on
    from category_purchases
    -- Who has let several gaps pass has given the category up.
    where $as_of - last_bought_on <= $max_gaps * gap_days

),

due as (

    select *
    from candidates
    qualify row_number() over (
        partition by customer_id
        order by due_on <= $as_of desc, is_own_gap desc, due_on, purchase_days desc, category
    ) = 1

),

products as (

    select
        due.customer_id,
        items.product_id
    from due
    inner join marts.order_items as items
        on due.customer_id = items.customer_id and due.category = items.category
    where items.is_sale and items.quantity > items.refunded_quantity and items.order_date <= $as_of
    group by due.customer_id, items.product_id
    qualify row_number() over (
        partition by due.customer_id
        order by count(distinct items.order_date) desc, max(items.order_date) desc, items.product_id
    ) = 1

)

select
    buyers.customer_id,
    due.category as due_product_category,
    products.product_id as due_product_id,
    due.gap_days as repurchase_gap_days,
    case when due.is_own_gap then 'own_gap' when not due.is_own_gap then 'category_gap' end as repurchase_basis,
    due.due_on as repurchase_due_date,
    case when delivered.has_categories then coalesce(due.due_on <= $as_of, false) end as is_repurchase_due
from buyers
cross join delivered
left join due on buyers.customer_id = due.customer_id
left join products on buyers.customer_id = products.customer_id
order by buyers.customer_id
