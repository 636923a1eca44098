with

rules as (

    select * from {{ rules_in_force('identity_rules', ['rule']) }} as rules

),

final as (

    select
        rule,
        value
    from rules

)

select * from final
