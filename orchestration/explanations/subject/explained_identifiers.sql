-- The identifiers that the customer's accounts state, and since when each is known of its account: from the
-- registration, or from the first log-in in the browser.
with

identifiers as (

    select kind, account_number, platform, account_id, identifier, holder_number, unusable_reason, is_valid, is_usable
    from intermediate.int_account_identifiers
    where list_contains($account_numbers, account_number)

),

logins as (

    select platform, account_id, anonymous_id, first_logged_in_at
    from intermediate.int_browser_logins
    where list_contains($account_ids, account_id)

),

final as (

    select
        identifiers.*,
        case
            when identifiers.kind <> 'browser' or statements.value = identifiers.identifier
                then least(statements.stated_at, logins.first_logged_in_at)
            else logins.first_logged_in_at
        end as stated_at
    from identifiers
    left join explained_statements as statements
        on
            identifiers.kind = statements.kind
            and identifiers.platform = statements.platform
            and identifiers.account_id = statements.account_id
    left join logins
        on
            identifiers.kind = 'browser'
            and identifiers.platform = logins.platform
            and identifiers.account_id = logins.account_id
            and identifiers.identifier = logins.anonymous_id

)

select * from final
