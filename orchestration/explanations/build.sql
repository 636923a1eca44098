-- The run that built what is explained: the last one whose tables were tested.
select max_by(batch_id, checked_at) as batch_id
from gate.evaluations
where layer = 'intermediate'
