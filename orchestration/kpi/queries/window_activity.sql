-- How many customers were active in the earlier window of each comparison, and how many of them in the later one, per
-- segment. The frame `comparisons` numbers them in the order of time. Each day of the calendar says by bits to which
-- windows it belongs, 60 comparisons to a word; the bits of a customer's days together say in which windows the
-- customer was active. So orders and sessions are read once, without sorting and without counting distinct days.
with

calendar as (
    select cast(unnest(generate_series(min(earlier_from), max(later_until), interval 1 day)) as date) as active_date
    from comparisons
),

day_marks as (
    select
        calendar.active_date,
        comparisons.comparison_number // 60 as word,
        bit_or(
            case when calendar.active_date <= comparisons.earlier_until then cast(1 as bigint) else 0 end
            << (comparisons.comparison_number % 60)
        ) as earlier_marks,
        bit_or(
            case when calendar.active_date > comparisons.earlier_until then cast(1 as bigint) else 0 end
            << (comparisons.comparison_number % 60)
        ) as later_marks
    from calendar
    inner join comparisons
        on calendar.active_date between comparisons.earlier_from and comparisons.later_until
    group by calendar.active_date, word
),

active_days as (
    select
        customer_id,
        session_date as active_date
    from marts.sessions
    where customer_id is not null and session_date <= $as_of
    union all
    select
        customer_id,
        order_date as active_date
    from marts.orders
    where is_sale and customer_id is not null and order_date <= $as_of
),

customer_marks as (
    select
        active_days.customer_id,
        day_marks.word,
        bit_or(day_marks.earlier_marks) as earlier_marks,
        bit_or(day_marks.later_marks) as later_marks
    from active_days
    inner join day_marks on active_days.active_date = day_marks.active_date
    group by active_days.customer_id, day_marks.word
),

described as (
    select
        marks.word,
        marks.earlier_marks,
        marks.later_marks,
        scores.rfm_tier,
        customers.acquisition_channel,
        customers.province,
        acquisition.won_in_festival,
        hash(scores.rfm_tier, customers.acquisition_channel, customers.province, acquisition.won_in_festival)
            as group_hash
    from customer_marks as marks
    left join marts.rfm_scores as scores on marks.customer_id = scores.customer_id
    left join intermediate.int_customers as customers on marks.customer_id = customers.customer_id
    left join intermediate.int_customer_acquisition as acquisition on marks.customer_id = acquisition.customer_id
    where marks.earlier_marks <> 0
),

-- Customers of equal tier, channel, province and festival are one group, so that the bits are counted by a number.
counted as (
    select
        comparisons.comparison_number,
        described.group_hash,
        any_value(described.rfm_tier) as rfm_tier,
        any_value(described.acquisition_channel) as acquisition_channel,
        any_value(described.province) as province,
        any_value(described.won_in_festival) as won_in_festival,
        count(*) as customers,
        count(*) filter (where (described.later_marks >> (comparisons.comparison_number % 60)) & 1 = 1) as stayed
    from described
    inner join comparisons on described.word = comparisons.comparison_number // 60
    where (described.earlier_marks >> (comparisons.comparison_number % 60)) & 1 = 1
    group by comparisons.comparison_number, described.group_hash
),

segmented as (
    select
        comparison_number,
        unnest([
            'all',
            'tier:' || rfm_tier,
            'channel:' || acquisition_channel,
            'province:' || province,
            'festival:' || won_in_festival,
            case when won_in_festival <> 'none' then 'festival:any' end
        ]) as segment,
        customers,
        stayed
    from counted
)

select
    comparison_number,
    segment,
    cast(sum(stayed) as bigint) as numerator,
    cast(sum(customers) as bigint) as denominator
from segmented
where segment is not null
group by comparison_number, segment
order by comparison_number, segment
