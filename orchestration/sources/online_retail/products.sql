-- One product per stock code, named by its latest description. The export has no categories or brands: they
-- stay unknown, also for postage and fees; one lone category would make category figures look measurable.
with

described_lines as (

    select
        stockcode as product_id,
        nullif(trim(description), '') as name,
        try_cast(invoicedate as timestamp) as line_at,
        invoiceno,
        _line_number,
        -- clerks' remarks ("damaged", "check") stand in lines that nobody pays for
        try_cast(unitprice as decimal(18, 3)) > 0 as is_priced
    from invoice_lines
    where stockcode is not null

),

latest_descriptions as (

    select
        product_id,
        name,
        row_number() over (
            partition by product_id
            order by
                name is null, coalesce(is_priced, false) desc, line_at desc, invoiceno desc, _line_number desc
        ) as description_rank
    from described_lines

)

select
    product_id,
    name
from latest_descriptions
where description_rank = 1
