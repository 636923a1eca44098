-- Mean hours from a complaint to its solution, of those solved.
select
    'all' as segment,
    sum(resolution_minutes) / 60.0 as numerator,
    count(resolution_minutes) as denominator
from marts.tickets
where category = 'complaint' and created_date between $period_start and $period_end
