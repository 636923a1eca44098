with

periods as (

    select * from {{ ref('int_account_periods') }}

),

moves as (

    select
        known_from as happened_on,
        former_customer_id,
        customer_id,
        cast(count(*) as integer) as accounts,
        {{ sorted_list('rule') }} as rule
    from periods
    where former_customer_id is not null
    group by 1, 2, 3

),

-- Of a customer that was split, other accounts stay.
split_customers as (

    select distinct
        moves.happened_on,
        moves.former_customer_id
    from moves
    inner join periods
        on
            moves.former_customer_id = periods.customer_id
            and moves.happened_on >= periods.known_from
            and (periods.known_until is null or moves.happened_on < periods.known_until)

),

final as (

    select
        moves.happened_on,
        moves.former_customer_id,
        moves.customer_id,
        case when split_customers.former_customer_id is null then 'merged' else 'split' end as event,
        moves.accounts,
        moves.rule
    from moves
    left join split_customers
        on
            moves.happened_on = split_customers.happened_on
            and moves.former_customer_id = split_customers.former_customer_id

)

select * from final
