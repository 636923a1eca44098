-- The category and the brand on which a customer spent most; ties go to more pieces, then to the later name.
with items as (
    select customer_id, category, brand, net_revenue, quantity
    from {{ ref('order_items') }}
    where is_sale and customer_id is not null
),

categories as (
    select customer_id, category, sum(net_revenue) as net_revenue, sum(quantity) as quantity
    from items
    where category is not null
    group by customer_id, category
),

brands as (
    select customer_id, brand, sum(net_revenue) as net_revenue, sum(quantity) as quantity
    from items
    where brand is not null
    group by customer_id, brand
),

favourite_categories as (
    select
        customer_id,
        {{ latest('category', ['net_revenue', 'quantity', 'category']) }} as favourite_category
    from categories
    group by customer_id
),

favourite_brands as (
    select
        customer_id,
        {{ latest('brand', ['net_revenue', 'quantity', 'brand']) }} as favourite_brand
    from brands
    group by customer_id
),

final as (
    select
        coalesce(favourite_categories.customer_id, favourite_brands.customer_id) as customer_id,
        favourite_categories.favourite_category,
        favourite_brands.favourite_brand
    from favourite_categories
    full join favourite_brands on favourite_brands.customer_id = favourite_categories.customer_id
)

select
    customer_id,
    favourite_category,
    favourite_brand
from final
