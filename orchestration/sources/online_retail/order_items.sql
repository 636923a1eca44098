-- One item per invoice line. Equal lines of one invoice are real (5,268 of them): a line's place is its number.
with

typed_lines as (

    select
        invoiceno as order_id,
        row_number() over (partition by invoiceno order by _file_name, _line_number) as line_no,
        stockcode as product_id,
        quantity as quantity_text,
        unitprice as unit_price_text,
        try_cast(quantity as integer) as quantity,
        try_cast(unitprice as decimal(18, 3)) as unit_price,
        starts_with(invoiceno, 'C') as is_credit_note
    from invoice_lines

),

-- A negative quantity without `C` is stock written off ("damages", "check"): price 0, nobody bought it.
-- Each is the only line of its invoice, which orders.sql keeps as an order that is no sale.
order_lines as (

    select *
    from typed_lines
    where is_credit_note or quantity > 0 or quantity is null

)

select
    order_id,
    'online_retail' as platform,
    line_no,
    product_id,
    -- a text that is no number passes as it came, for the contract to name
    coalesce(cast(abs(quantity) as varchar), quantity_text) as quantity,
    coalesce(cast(cast(unit_price as decimal(18, 2)) as varchar), unit_price_text) as unit_price,
    0 as discount_amount,
    -- what a credit note lists came back in full
    case when is_credit_note then abs(quantity) else 0 end as refunded_quantity
from order_lines
