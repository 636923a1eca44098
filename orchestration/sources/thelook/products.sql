-- One product each; prices come as floats and are rounded to the cent.
select
    cast(id as varchar) as product_id,
    name,
    category,
    brand,
    cast(retail_price as decimal(18, 2)) as list_price,
    cast(cost as decimal(18, 2)) as unit_cost
from product_rows
