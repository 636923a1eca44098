-- Every link between accounts, whatever its evidence.
with

final as (

    select kind, identifier, holder_number, left_account, right_account
    from {{ ref('int_identifier_edges') }}
    union all
    select kind, identifier, holder_number, left_account, right_account
    from {{ ref('int_similarity_edges') }}
    union all
    select kind, identifier, holder_number, left_account, right_account
    from {{ ref('int_steward_edges') }}

)

select * from final
