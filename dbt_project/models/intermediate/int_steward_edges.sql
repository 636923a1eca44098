-- A pair is a star of two: the smaller account links to itself and to the larger.
with

must_links as (

    select
        left_account,
        right_account,
        cast(left_account as {{ dbt.type_string() }}) || '-' || cast(right_account as {{ dbt.type_string() }})
            as identifier
    from {{ ref('int_identity_overrides') }}
    where decision = 'must_link'

),

final as (

    select 'steward' as kind, identifier, 1 as holder_number, left_account, left_account as right_account
    from must_links
    union all
    select 'steward' as kind, identifier, 1 as holder_number, left_account, right_account
    from must_links

)

select * from final
