with

weights as (

    select * from {{ rule_set_in_force('identity_weights') }} as weights

),

final as (

    select
        comparison,
        level,
        m,
        u
    from weights

)

select * from final
