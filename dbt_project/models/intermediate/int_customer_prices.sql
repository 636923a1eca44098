-- How dear a customer's pieces are beside what pieces of the same categories cost in the shop. Prices before discount:
-- who waits for discounts is another trait.
with items as (
    select customer_id, category, quantity, unit_price
    from {{ ref('order_items') }}
    where is_sale and category is not null and quantity > 0 and unit_price > 0
),

-- Rounded, so that sums over customers are exact whatever the order of rows.
categories as (
    select category, cast(round(sum(unit_price * quantity) * 1.0 / sum(quantity), 4) as decimal(18, 4)) as mean_price
    from items
    group by category
),

spent as (
    select
        items.customer_id,
        sum(items.unit_price * items.quantity) as amount,
        sum(categories.mean_price * items.quantity) as amount_at_mean_price
    from items
    inner join categories on categories.category = items.category
    where items.customer_id is not null
    group by items.customer_id
),

final as (
    select
        customer_id,
        cast(round(amount * 1.0 / amount_at_mean_price, 6) as decimal(18, 6)) as price_index
    from spent
)

select customer_id, price_index from final
