-- One order per invoice. What an invoice is shows in its number and in its lines:
--   C…                                  money given back                             -> credit_note
--   a line with quantity and price > 0  a sale                                       -> completed
--   anything else                       goods written off, samples at 0, A… bad debt -> unavailable
with

typed_lines as (

    select
        invoiceno as order_id,
        starts_with(invoiceno, 'C') as is_credit_note,
        -- A… invoices adjust bad debt; one of the three is positive and still no customer's order
        starts_with(invoiceno, 'A') as is_bad_debt,
        -- ids come as floats, `17850.0`; an empty id is a guest
        regexp_replace(customerid, '\.0$', '') as account_id,
        try_cast(invoicedate as timestamp) as line_at,
        try_cast(quantity as integer) as quantity,
        try_cast(unitprice as decimal(18, 3)) as unit_price
    from invoice_lines

),

valued_lines as (

    select
        *,
        -- to the cent line by line, so that an order is the sum of its items
        cast(unit_price * quantity as decimal(18, 2)) as line_amount,
        quantity > 0 and unit_price > 0 and not is_credit_note and not is_bad_debt as is_sale_line
    from typed_lines

),

invoices as (

    select
        order_id,
        is_credit_note,
        max(account_id) as account_id,
        -- 43 invoices were written over several minutes
        min(line_at) as ordered_at,
        coalesce(bool_or(is_sale_line), false) as is_sale,
        -- one unreadable line leaves the amount empty, and the contract refuses the order
        case when count(*) = count(line_amount) then sum(line_amount) end as amount
    from valued_lines
    group by order_id, is_credit_note

)

select
    order_id,
    'online_retail' as platform,
    account_id,
    ordered_at,
    case
        when is_credit_note then 'credit_note'
        when is_sale then 'completed'
        else 'unavailable'
    end as status,
    'GBP' as currency,
    case when is_credit_note then 0 else amount end as gross_amount,
    0 as discount_amount,
    0 as shipping_amount,
    case when is_credit_note then 0 else amount end as paid_amount,
    case when is_credit_note then -amount else 0 end as refunded_amount
from invoices
