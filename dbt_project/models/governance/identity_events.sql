with

periods as (

    select * from {{ ref('int_account_periods') }}

),

moves as (

    select
        known_from as happened_on,
        from_step,
        former_customer_id,
        customer_id,
        cast(count(*) as integer) as accounts,
        {{ sorted_list('rule') }} as rule
    from periods
    where former_customer_id is not null
    group by 1, 2, 3, 4

),

-- Of a customer that was split, other accounts stay.
split_customers as (

    select distinct
        moves.from_step,
        moves.former_customer_id
    from moves
    inner join periods
        on
            moves.former_customer_id = periods.customer_id
            and moves.from_step >= periods.from_step
            and (periods.until_step is null or moves.from_step < periods.until_step)

),

final as (

    select
        moves.happened_on,
        cast(dense_rank() over (partition by moves.happened_on order by moves.from_step) as integer) as change_number,
        moves.former_customer_id,
        moves.customer_id,
        case when split_customers.former_customer_id is null then 'merged' else 'split' end as event,
        moves.accounts,
        moves.rule
    from moves
    left join split_customers
        on
            moves.from_step = split_customers.from_step
            and moves.former_customer_id = split_customers.former_customer_id

)

select * from final
