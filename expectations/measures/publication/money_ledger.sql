-- The ledger's own remainder: what came in minus every fate that it names.
select
    extract as subject,
    abs(amount) as money_unexplained,
    abs(rows) as rows_unexplained
from governance.money_ledger
where stage = 'unexplained'
