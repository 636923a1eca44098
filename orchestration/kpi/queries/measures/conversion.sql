-- Sessions with a successful order ÷ sessions, and the same per source of the session.
select
    case when grouping(source) = 1 then 'all' else source end as segment,
    count(*) filter (where has_order) as numerator,
    count(*) as denominator
from marts.sessions
where session_date between $period_start and $period_end
group by grouping sets ((), (source))
having grouping(source) = 1 or source is not null
