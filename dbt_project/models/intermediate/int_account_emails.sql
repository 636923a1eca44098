with

registrations as (

    select * from {{ ref('int_registrations') }}

),

placeholders as (

    select * from {{ placeholders_of('email') }} as patterns

),

providers as (

    select * from {{ rules_in_force('email_domains', ['domain']) }} as rules

),

cleaned as (

    select
        platform,
        account_id,
        trim(lower({{ half_width('email') }})) as email
    from registrations
    where email is not null

),

split_up as (

    select
        cleaned.platform,
        cleaned.account_id,
        cleaned.email,
        case
            when providers.ignores_plus_tag
                then {{ text_before(text_before('cleaned.email', '@'), '+') }}
            else {{ text_before('cleaned.email', '@') }}
        end as mailbox,
        coalesce(providers.ignores_dots, false) as ignores_dots,
        coalesce(providers.canonical_domain, {{ text_after('cleaned.email', '@') }}) as domain
    from cleaned
    left join providers on {{ text_after('cleaned.email', '@') }} = providers.domain

),

outcomes as (

    select
        cleaned.email,
        min(placeholders.outcome) as outcome
    from (select distinct email from cleaned) as cleaned
    inner join placeholders on cleaned.email like placeholders.pattern
    group by 1

),

final as (

    select
        split_up.platform,
        split_up.account_id,
        case when ignores_dots then replace(mailbox, '.', '') else mailbox end
        || '@' || split_up.domain as identifier,
        coalesce(
            outcomes.outcome,
            case
                when not {{ matches('split_up.email', "^[a-z0-9!#$%&*+/=?^_`{|}~.-]+@([a-z0-9-]+[.])+[a-z]{2,}$") }}
                    then 'invalid'
            end
        ) as unusable_reason
    from split_up
    left join outcomes on split_up.email = outcomes.email

)

select * from final
