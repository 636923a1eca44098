-- The customer's accounts, with the ids that they may be shown by.
select * exclude (is_ours)
from explained_people
where is_ours
