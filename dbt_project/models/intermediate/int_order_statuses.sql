-- A status takes its meaning from its newest rows. Rows of one day that contradict each other fail the test of the key.
with

final as (

    select distinct
        status,
        is_sale
    from {{ rule_set_in_force('order_statuses', set_column='status') }} as rules

)

select * from final
