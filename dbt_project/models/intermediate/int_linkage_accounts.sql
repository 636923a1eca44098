-- What an account states about its person, spelled one way. What names nobody is left empty, so that it counts neither
-- for nor against: masked names, forms of address, default birthdays, invalid identifiers, numbers that changed hands.
-- An identifier shared by a crowd stays: its frequency says how little it tells.
with

accounts as (

    select * from {{ ref('int_accounts') }}

),

registrations as (

    select * from {{ ref('int_registrations') }}

),

identifiers as (

    select * from {{ ref('int_account_identifiers') }}
    where is_valid

),

handed_over as (

    select identifier
    from identifiers
    where kind = 'phone'
    group by 1
    having max(holder_number) > 1

),

contacts as (

    select
        identifiers.account_number,
        max(case when identifiers.kind = 'email' then identifiers.identifier end) as email,
        max(
            case when identifiers.kind = 'phone' and handed_over.identifier is null then identifiers.identifier end
        ) as phone
    from identifiers
    left join handed_over on identifiers.identifier = handed_over.identifier
    where identifiers.kind in ('email', 'phone')
    group by 1

),

spelled as (

    select
        accounts.account_number,
        trim(lower({{ half_width('registrations.name') }})) as stated_name,
        registrations.birth_date,
        contacts.phone,
        contacts.email,
        {{ replace_pattern("lower(" ~ half_width('registrations.city') ~ ")", '[[:space:]]|市$') }} as city,
        {{ replace_pattern(
            "lower(" ~ half_width('registrations.province') ~ ")", '[[:space:]]|(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区)$'
        ) }} as province
    from registrations
    inner join accounts
        on registrations.platform = accounts.platform and registrations.account_id = accounts.account_id
    left join contacts on accounts.account_number = contacts.account_number

),

-- Letters only; words one blank apart, Chinese names in one piece. Once per name, not once per account.
names as (

    select
        stated_name,
        case
            when {{ is_chinese('stated_name') }} then {{ letters_only('stated_name', '') }}
            else trim({{ letters_only('stated_name', ' ') }})
        end as name
    from (select distinct stated_name from spelled) as stated
    where
        not exists (
            select 1 from {{ placeholders_of('name') }} as nobody where stated.stated_name like nobody.pattern
        )

),

default_birthdays as (

    select cast(pattern as date) as birth_date
    from {{ placeholders_of('birth_date') }} as patterns
    where {{ matches('pattern', '^[0-9]{4}-[0-9]{2}-[0-9]{2}$') }}

),

final as (

    select
        spelled.account_number,
        nullif(names.name, '') as name,
        case when default_birthdays.birth_date is null then spelled.birth_date end as birth_date,
        spelled.phone,
        spelled.email,
        nullif(spelled.city, '') as city,
        nullif(spelled.province, '') as province
    from spelled
    left join names on spelled.stated_name = names.stated_name
    left join default_birthdays on spelled.birth_date = default_birthdays.birth_date

)

select * from final
