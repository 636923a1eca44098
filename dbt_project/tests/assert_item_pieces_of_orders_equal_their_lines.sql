-- Joining lines to orders must neither multiply nor drop pieces.
with

order_side as (

    select sum(item_count) as pieces from {{ ref('orders') }}

),

line_side as (

    select sum(quantity) as pieces from {{ ref('order_items') }}

)

select
    order_side.pieces as pieces_of_orders,
    line_side.pieces as pieces_of_lines
from order_side
cross join line_side
where coalesce(order_side.pieces, 0) <> coalesce(line_side.pieces, 0)
