with

source as (

    select * from {{ source('raw', 'products') }}

),

versions as (

    select
        product_id,
        nullif(trim(name), '') as name,
        nullif(trim(category), '') as category,
        nullif(trim(brand), '') as brand,
        list_price,
        unit_cost,
        row_number() over (
            partition by product_id
            -- The name of the file dates its rows; one name twice is a file that was replaced.
            order by _file_name desc, _ingested_at desc nulls last, _line_number desc, _row_hash desc
        ) as version_number
    from source

),

final as (

    select
        product_id,
        name,
        category,
        brand,
        list_price,
        unit_cost
    from versions
    where version_number = 1

)

select * from final
