-- When accounts came to the customer or left it. The other customer is not named: it may be somebody's telephone number.
select happened_on, event, rule, accounts, customer_id = $customer_id as is_gain
from governance.identity_events
where $customer_id in (customer_id, former_customer_id)
order by happened_on desc, change_number desc
