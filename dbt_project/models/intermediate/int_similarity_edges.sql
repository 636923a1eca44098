-- Pairs likely enough to merge on their own. Two accounts of another name and another birth date never do, however much
-- the rest agrees: a household shares city, telephone and often mailbox. A name and a place alone join nobody:
-- namesakes of one city are many.
with

candidates as (

    select * from {{ ref('int_linkage_candidates') }}

),

likely as (

    select
        left_account,
        right_account,
        cast(left_account as {{ dbt.type_string() }})
        || '-' || cast(right_account as {{ dbt.type_string() }}) as identifier
    from candidates
    where
        match_probability > {{ rule_value('identity_rules', 'merge_above') }}
        and not (name_level = 'different' and birth_date_level = 'different')
        and (
            birth_date_level in ('exact', 'similar')
            or phone_level in ('exact', 'similar')
            or email_level in ('exact', 'mailbox')
        )

),

-- As every star, the smaller account links to itself.
final as (

    select
        'similarity' as kind,
        identifier,
        1 as holder_number,
        left_account,
        left_account as right_account
    from likely
    union all
    select
        'similarity' as kind,
        identifier,
        1 as holder_number,
        left_account,
        right_account
    from likely

)

select * from final
