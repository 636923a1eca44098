-- The category and the brand on which a customer spent most, with their share; ties go to more pieces, then to the
-- later name. Pieces without a category (or brand) are in no share.
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
        {{ latest('category', ['net_revenue', 'quantity', 'category']) }} as favourite_category,
        {{ share_of('max(net_revenue)', 'sum(greatest(net_revenue, 0))') }} as favourite_category_share
    from categories
    group by customer_id
),

favourite_brands as (
    select
        customer_id,
        {{ latest('brand', ['net_revenue', 'quantity', 'brand']) }} as favourite_brand,
        {{ share_of('max(net_revenue)', 'sum(greatest(net_revenue, 0))') }} as favourite_brand_share
    from brands
    group by customer_id
),

final as (
    select
        coalesce(favourite_categories.customer_id, favourite_brands.customer_id) as customer_id,
        favourite_categories.favourite_category,
        favourite_categories.favourite_category_share,
        favourite_brands.favourite_brand,
        favourite_brands.favourite_brand_share
    from favourite_categories
    full join favourite_brands on favourite_brands.customer_id = favourite_categories.customer_id
)

select
    customer_id,
    favourite_category,
    favourite_category_share,
    favourite_brand,
    favourite_brand_share
from final
