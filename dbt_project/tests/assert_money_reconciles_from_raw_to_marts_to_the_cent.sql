-- A doubled or lost row anywhere between the files and the marts leaves rows or cents without an explanation.
select *
from {{ ref('money_ledger') }}
where stage = 'unexplained' and (rows <> 0 or amount <> 0)
