-- Links of each rule: those that join accounts of one person, and those that join two persons.
select
    edges.kind as rule,
    count(*) filter (where one.person_id = other.person_id) as true_links,
    count(*) filter (where one.person_id <> other.person_id) as false_links
from warehouse.intermediate.int_identity_edges as edges
inner join warehouse.intermediate.int_accounts as left_accounts
    on edges.left_account = left_accounts.account_number
inner join warehouse.intermediate.int_accounts as right_accounts
    on edges.right_account = right_accounts.account_number
inner join truth as one
    on left_accounts.platform = one.platform and left_accounts.account_id = one.account_id
inner join truth as other
    on right_accounts.platform = other.platform and right_accounts.account_id = other.account_id
where edges.left_account <> edges.right_account
group by all
order by all
