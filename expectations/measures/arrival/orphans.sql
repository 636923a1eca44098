-- Orders whose account nobody registered (where registrations are delivered at all), lines without an order.
select
    cast(null as varchar) as subject,
    coalesce(
        (
            select count(*)
            from raw.orders as orders
            where
                orders.account_id is not null
                and exists (select 1 from raw.registrations)
                and not exists (
                    select 1
                    from raw.registrations as known
                    where known.platform = orders.platform and known.account_id = orders.account_id
                )
        ) / nullif((select count(account_id) from raw.orders), 0),
        0
    ) as orders_account_unknown,
    coalesce(
        (
            select count(*)
            from raw.order_items as items
            where not exists (
                select 1
                from raw.orders as known
                where known.platform = items.platform and known.order_id = items.order_id
            )
        ) / nullif((select count(*) from raw.order_items), 0),
        0
    ) as order_items_without_order
