-- One product each, with the English category; Olist publishes no product names, brands or list prices.
select
    product_rows.product_id,
    coalesce(category_names.product_category_name_english, product_rows.product_category_name) as category
from product_rows
left join category_names on product_rows.product_category_name = category_names.product_category_name
