with

logins as (

    select * from {{ ref('int_browser_logins') }}

),

registrations as (

    select * from {{ ref('int_registrations') }}

),

placeholders as (

    select * from {{ placeholders_of('browser') }} as patterns

),

pairs as (

    select platform, account_id, anonymous_id
    from logins
    where account_id is not null and anonymous_id is not null
    union
    select platform, account_id, anonymous_id
    from registrations
    where account_id is not null and anonymous_id is not null

),

-- Spelled once per browser, not once per pattern.
browsers as (

    select
        anonymous_id,
        trim(lower({{ half_width('anonymous_id') }})) as spelling
    from (select distinct anonymous_id from pairs) as known

),

outcomes as (

    select
        browsers.anonymous_id,
        min(placeholders.outcome) as outcome
    from browsers
    inner join placeholders on browsers.spelling like placeholders.pattern
    group by 1

),

final as (

    select
        pairs.platform,
        pairs.account_id,
        pairs.anonymous_id as identifier,
        coalesce(
            outcomes.outcome,
            case
                when length(pairs.anonymous_id) < {{ rule_value('identity_rules', 'min_length_browser') }}
                    then 'invalid'
            end
        ) as unusable_reason
    from pairs
    left join outcomes on pairs.anonymous_id = outcomes.anonymous_id

)

select * from final
