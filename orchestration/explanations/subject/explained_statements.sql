-- Since when each account has stated its e-mail, its telephone and its browser without a break: the first version of
-- the registration after the last one that said otherwise. Every version that came is still among the accepted rows.
with

versions as (

    select
        registrations.platform,
        registrations.account_id,
        coalesce(registrations.updated_at, registrations.registered_at) as stated_at,
        unnest([
            {'kind': 'email', 'value': nullif(trim(registrations.email), '')},
            {'kind': 'phone', 'value': nullif(trim(registrations.phone), '')},
            {'kind': 'browser', 'value': nullif(trim(registrations.anonymous_id), '')}
        ], recursive := true)
    from raw.registrations as registrations
    inner join explained_accounts as ours
        on registrations.platform = ours.platform and registrations.account_id = ours.account_id
    where len($linked_ids) > 0 and list_contains($linked_ids, registrations.account_id)

),

newest as (

    select
        platform,
        account_id,
        unnest([
            {'kind': 'email', 'value': email},
            {'kind': 'phone', 'value': phone},
            {'kind': 'browser', 'value': anonymous_id}
        ], recursive := true)
    from explained_registrations

),

compared as (

    select
        newest.platform,
        newest.account_id,
        newest.kind,
        newest.value,
        versions.stated_at,
        versions.value is not distinct from newest.value as is_same,
        max(case when versions.value is distinct from newest.value then versions.stated_at end)
            over (partition by newest.platform, newest.account_id, newest.kind) as last_otherwise_at
    from newest
    inner join versions
        on
            newest.platform = versions.platform
            and newest.account_id = versions.account_id
            and newest.kind = versions.kind
    where newest.value is not null

),

final as (

    select
        platform,
        account_id,
        kind,
        any_value(value) as value,
        min(stated_at) as stated_at
    from compared
    where is_same and (last_otherwise_at is null or stated_at >= last_otherwise_at)
    group by 1, 2, 3

)

select * from final
