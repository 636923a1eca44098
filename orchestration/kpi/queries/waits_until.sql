-- The waits that had begun by the end of a day, as they were known then: a next order after that day is not known, so
-- the wait is not over. One in so many customers trains, where there are enough; ids are hashes, so that is a draw.
with

begun as (

    select
        customer_id,
        row_number() over (order by customer_id) - 1 as customer_number,
        ceil(count(*) over () / $max_customers) as every
    from order_waits
    where gaps = 0 and order_date <= $cut_date

)

select
    waits.customer_id,
    waits.gaps,
    waits.log_gaps_millionths,
    case
        when waits.ordered_again_on <= $cut_date then waits.ordered_again_on - waits.order_date
        else $cut_date - waits.order_date
    end as waited_days,
    coalesce(waits.ordered_again_on <= $cut_date, false) as is_over
from order_waits as waits
inner join begun on waits.customer_id = begun.customer_id
where waits.order_date <= $cut_date and begun.customer_number % begun.every = 0
order by waits.customer_id, waits.gaps
