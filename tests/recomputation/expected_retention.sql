-- Every customer against every window, one by one.
with lengths(n) as (
    values (30), (90)
), buyers as (
    select
        n, segment, born, born + n <= as_of() as is_told,
        exists (from sales as o where o.customer_id = won.customer_id and o.day > born and o.day <= born + n) as returned
    from won inner join belongs using (customer_id), lengths
), repeats as (
    select
        'repeat_purchase_' || n as metric, min(born) as period_start,
        coalesce(max(born) filter (is_told), max(born)) as period_end, segment,
        if(bool_or(is_told), count(*) filter (is_told and returned), null) as numerator,
        if(bool_or(is_told), count(*) filter (is_told), null) as denominator
    from buyers group by n, segment
    union all
    select
        'repeat_purchase_' || n || '_by_month', date_trunc('month', born)::date, last_day(born), segment,
        if(bool_or(is_told), count(*) filter (is_told and returned), null),
        if(bool_or(is_told), count(*) filter (is_told), null)
    from buyers group by n, segment, date_trunc('month', born)::date, last_day(born)
), data_begins as (
    select min(day) as day from active
), month_ends as (
    select last_day(unnest(generate_series(date_trunc('month', day)::date, as_of(), interval 1 month))) as e from data_begins
), ends as (
    select n, 'retention_' || n as metric, as_of() as e, as_of() - 2 * n + 1 as period_start from lengths
    union all
    select n, 'retention_' || n || '_by_month', e, date_trunc('month', e)::date
    from (from month_ends where e <= as_of() order by e desc limit 36), lengths
), present as (
    select
        metric, e, customer_id,
        bool_or(day between e - 2 * n + 1 and e - n) as was_there, bool_or(day between e - n + 1 and e) as is_there
    from active, ends
    group by all
), counted as (
    select
        metric, e, segment, count(*) filter (was_there and is_there) as stayed, count(*) filter (was_there) as were
    from present inner join belongs using (customer_id)
    group by all
), rolling as (
    select
        metric, period_start, e as period_end, segment,
        if(e - 2 * n + 1 < data_begins.day, null, coalesce(stayed, 0)) as numerator,
        if(e - 2 * n + 1 < data_begins.day, null, coalesce(were, 0)) as denominator
    from ends cross join data_begins left join counted using (metric, e)
)
select
    *, if(denominator > 0, numerator / denominator, null) as value,
    if(denominator > 0, wilson(numerator, denominator, -1), null) as value_low,
    if(denominator > 0, wilson(numerator, denominator, 1), null) as value_high
from (from repeats union all from rolling)
where segment = 'all' or denominator > 0
