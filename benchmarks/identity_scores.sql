-- Pairs of accounts that are one person, that were joined, and that are both.
with

accounts as (

    select
        truth.person_id,
        identity_map.customer_id
    from truth
    inner join warehouse.marts.identity_map using (platform, account_id)

),

same_person as (

    select sum(n * (n - 1) / 2) as pairs
    from (select count(*) as n from accounts group by person_id)

),

same_customer as (

    select sum(n * (n - 1) / 2) as pairs
    from (select count(*) as n from accounts group by customer_id)

),

both_same as (

    select sum(n * (n - 1) / 2) as pairs
    from (select count(*) as n from accounts group by person_id, customer_id)

),

mixed as (

    select max(persons) as largest, count(*) filter (where persons > 1) as clusters
    from (select count(distinct person_id) as persons from accounts group by customer_id)

)

select
    (select count(*) from accounts) as accounts,
    cast(same_person.pairs as bigint) as true_pairs,
    cast(same_customer.pairs as bigint) as joined_pairs,
    cast(both_same.pairs / same_customer.pairs as double) as pairwise_precision,
    cast(both_same.pairs / same_person.pairs as double) as pairwise_recall,
    mixed.clusters as customers_of_several_persons,
    mixed.largest as most_persons_in_a_customer
from same_person, same_customer, both_same, mixed
