with

registrations as (

    select * from {{ ref('int_registrations') }}

),

placeholders as (

    select * from {{ placeholders_of('phone') }} as patterns

),

stripped as (

    select
        platform,
        account_id,
        -- A spreadsheet turns numbers into 13812345678.0; brackets, dots, dashes and spaces are ornament.
        {{ replace_pattern(
            replace_pattern("lower(" ~ half_width('phone') ~ ")", '[.]0$'), '[[:space:]().-]'
        ) }} as phone
    from registrations
    where phone is not null

),

cleaned as (

    select
        platform,
        account_id,
        {{ replace_pattern(replace_pattern('phone', '^([+]|00)?86(1[3-9][0-9*]{9})$', '\\2'), '^00', '+') }}
            as identifier
    from stripped

),

outcomes as (

    select
        cleaned.identifier,
        min(placeholders.outcome) as outcome
    from (select distinct identifier from cleaned) as cleaned
    inner join placeholders on cleaned.identifier like placeholders.pattern
    group by 1

),

final as (

    select
        cleaned.platform,
        cleaned.account_id,
        cleaned.identifier,
        coalesce(
            outcomes.outcome,
            case
                -- Chinese mobile; landline or a foreign national number; E.164, at most 15 digits.
                when not {{ matches(
                    'cleaned.identifier', '^(1[3-9][0-9]{9}|0[0-9]{9,11}|[2-9][0-9]{6,13}|[+][1-9][0-9]{6,14})$'
                ) }} then 'invalid'
            end
        ) as unusable_reason
    from cleaned
    left join outcomes on cleaned.identifier = outcomes.identifier

)

select * from final
