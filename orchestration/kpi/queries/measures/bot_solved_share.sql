-- Tickets handled by the bot that are solved ÷ tickets handled by the bot.
select
    'all' as segment,
    count(*) filter (where resolved_at is not null) as numerator,
    count(*) as denominator
from marts.tickets
where handled_by = 'bot' and created_date between $period_start and $period_end
