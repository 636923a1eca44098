-- Tickets handled by the bot ÷ tickets of which the handler is known.
select
    'all' as segment,
    count(*) filter (where handled_by = 'bot') as numerator,
    count(handled_by) as denominator
from marts.tickets
where created_date between $period_start and $period_end
