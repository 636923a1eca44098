-- A build without any order, and what fell against the release that readers have now; without one, or with a later as-of date, nothing did.
select
    cast(null as varchar) as subject,
    case when exists (select 1 from marts.orders) then 0 else 1 end as orders_unpublished,
    coalesce(1 - (select count(*) from marts.orders) / nullif($previous_orders, 0), 0) as orders_fell,
    coalesce(1 - (select count(*) from marts.customer_360) / nullif($previous_customers, 0), 0) as customers_fell
