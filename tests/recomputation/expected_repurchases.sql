-- What is due to be bought again, from its definition: gap by gap, category by category. Medians are counted, not called;
-- the macros as_of() and rule(name) stand for the day and the seed's numbers.
with bought as (
    select distinct items.customer_id, items.category, items.order_date
    from marts.order_items as items
    where items.is_sale and items.customer_id is not null and items.category is not null
        and items.refunded_quantity < items.quantity and items.order_date <= as_of()
),

-- The gap of a purchase ends on the first later day on which the same category is bought.
gaps as (
    select earlier.customer_id, earlier.category, min(later.order_date) - earlier.order_date as gap
    from bought as earlier
    inner join bought as later
        on earlier.customer_id = later.customer_id and earlier.category = later.category
        and earlier.order_date < later.order_date
    group by earlier.customer_id, earlier.category, earlier.order_date
),

own_ranked as (
    select
        *,
        row_number() over (partition by customer_id, category order by gap) as place,
        count(*) over (partition by customer_id, category) as places
    from gaps
),

own_medians as (
    select customer_id, category, max(places) as gaps, avg(gap) as median_gap
    from own_ranked where abs(2 * place - places - 1) <= 1 group by customer_id, category
),

shop_ranked as (
    select *, row_number() over (partition by category order by gap) as place, count(*) over (partition by category) as places
    from gaps
),

shop_medians as (
    select category, max(places) as gaps, avg(gap) as median_gap
    from shop_ranked where abs(2 * place - places - 1) <= 1 group by category
),

shares as (
    select
        bought.category,
        count(distinct bought.customer_id) as buyers,
        (select count(distinct gaps.customer_id) from gaps where gaps.category = bought.category) as buyers_again
    from bought group by bought.category
),

last_days as (
    select customer_id, category, max(order_date) as last_day, count(*) as days from bought group by customer_id, category
),

rhythms as (
    select
        last_days.*,
        case
            when own_medians.gaps >= rule('repurchase_min_own_gaps') then 'own_gap'
            when shop_medians.gaps >= rule('repurchase_min_category_gaps')
                and shares.buyers_again >= rule('repurchase_min_category_share') * shares.buyers then 'category_gap'
        end as basis,
        case basis when 'own_gap' then own_medians.median_gap else shop_medians.median_gap end as median_gap
    from last_days
    left join own_medians using (customer_id, category)
    left join shop_medians using (category)
    left join shares using (category)
),

candidates as (
    select *, floor(median_gap)::integer + (median_gap > floor(median_gap))::integer as gap, last_day + gap as due_day
    from rhythms where basis is not null
),

alive as (
    select * from candidates where as_of() <= last_day + floor(gap * rule('repurchase_max_gaps'))::integer
),

-- Nobody stands before the one that is chosen.
chosen as (
    select * from alive where not exists (
        select 1 from alive as other
        where other.customer_id = alive.customer_id
            and (other.due_day > as_of(), other.basis = 'category_gap', other.due_day, -other.days, other.category)
            < (alive.due_day > as_of(), alive.basis = 'category_gap', alive.due_day, -alive.days, alive.category)
    )
),

product_days as (
    select
        items.customer_id, items.category, items.product_id,
        count(distinct items.order_date) as days, max(items.order_date) as last_day
    from marts.order_items as items
    where items.is_sale and items.refunded_quantity < items.quantity and items.order_date <= as_of()
    group by items.customer_id, items.category, items.product_id
),

products as (
    select chosen.customer_id, product_days.product_id from chosen
    inner join product_days using (customer_id, category)
    where not exists (
        select 1 from product_days as other
        where other.customer_id = product_days.customer_id and other.category = product_days.category
            and (-other.days, as_of() - other.last_day, other.product_id)
            < (-product_days.days, as_of() - product_days.last_day, product_days.product_id)
    )
)

select
    buyers.customer_id,
    chosen.category as due_product_category,
    products.product_id as due_product_id,
    chosen.gap as repurchase_gap_days,
    chosen.basis as repurchase_basis,
    chosen.due_day as repurchase_due_date,
    case
        when (select count(category) from marts.order_items) > 0 then chosen.due_day is not null and chosen.due_day <= as_of()
    end as is_repurchase_due
from (
    select distinct customer_id from marts.orders where is_sale and customer_id is not null and order_date <= as_of()
) as buyers
left join chosen using (customer_id)
left join products using (customer_id)
