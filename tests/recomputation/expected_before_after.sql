-- Two groups each: first-time buyers of equally many days, and whoever was there in the first half of 2 N days.
with lengths(n) as (
    values (30), (90)
), spans as (
    select
        -- How many first days fit on both sides.
        n, least(crm_start() - n - begun.day, as_of() - n - crm_start() + 1)::integer as days
    from lengths cross join (select min(born) as day from won) as begun
), buyers as (
    select
        'repeat_purchase_' || n as metric, segment, days > 0 as is_told,
        crm_start() - n - days as before_start, crm_start() - n - 1 as before_end,
        crm_start() as after_start, crm_start() + days - 1 as after_end,
        case when born between before_start and before_end then 'before'
            when born between after_start and after_end then 'after' end as side,
        exists (from sales as o where o.customer_id = won.customer_id and o.day > born and o.day <= born + n) as returned
    from won inner join belongs using (customer_id), spans
), halves as (
    select
        n, crm_start() - 2 * n as before_start, crm_start() - 1 as before_end, crm_start() as after_start,
        crm_start() + 2 * n - 1 as after_end, begun.day <= before_start and after_end <= as_of() as is_told,
        unnest(['before', 'after']) as side
    from lengths cross join (select min(day) as day from active) as begun
), visitors as (
    select
        'retention_' || n as metric, customer_id, side, is_told, before_start, before_end, after_start, after_end,
        bool_or(day - if(side = 'before', before_start, after_start) between 0 and n - 1) as was_there,
        bool_or(day - if(side = 'before', before_start, after_start) between n and 2 * n - 1) as returned
    from active, halves
    group by n, customer_id, side, is_told, before_start, before_end, after_start, after_end
), people as (
    select metric, segment, is_told, before_start, before_end, after_start, after_end, side, returned
    from buyers
    union all
    select metric, segment, is_told, before_start, before_end, after_start, after_end, if(was_there, side, null), returned
    from visitors inner join belongs using (customer_id)
), counted as (
    select
        metric, segment, crm_start() as crm_start_date,
        if(is_told, before_start, null) as before_start, if(is_told, before_end, null) as before_end,
        if(is_told, after_start, null) as after_start, if(is_told, after_end, null) as after_end,
        if(is_told, count(*) filter (side = 'before' and returned), null) as before_returned,
        if(is_told, count(*) filter (side = 'before'), null) as before_customers,
        if(is_told, count(*) filter (side = 'after' and returned), null) as after_returned,
        if(is_told, count(*) filter (side = 'after'), null) as after_customers
    from people
    group by
        metric, segment, is_told, people.before_start, people.before_end, people.after_start, people.after_end
), rated as (
    select
        *, if(before_customers > 0, before_returned / before_customers, null) as before_rate,
        if(before_customers > 0, wilson(before_returned, before_customers, -1), null) as before_rate_low,
        if(before_customers > 0, wilson(before_returned, before_customers, 1), null) as before_rate_high,
        if(after_customers > 0, after_returned / after_customers, null) as after_rate,
        if(after_customers > 0, wilson(after_returned, after_customers, -1), null) as after_rate_low,
        if(after_customers > 0, wilson(after_returned, after_customers, 1), null) as after_rate_high
    from counted
    where segment = 'all' or (before_customers > 0 and after_customers > 0)
)
select
    *, after_rate - before_rate as difference,
    difference - sqrt(pow(after_rate - after_rate_low, 2) + pow(before_rate_high - before_rate, 2)) as difference_low,
    difference + sqrt(pow(after_rate_high - after_rate, 2) + pow(before_rate - before_rate_low, 2)) as difference_high
from rated
