-- The calendar as people know it: day by day around the last day of a sale, or around the first day of the lunar year.
with years(y) as (
    from range(2020, 2028)
), anchors as (
    select '618' as festival, '618 年中大促' as label_zh, y, make_date(y, 6, 18) as anchor, -31 as opens, -17 as begins, 0 as ends
    from years
    union all select 'double_11', '双11', y, make_date(y, 11, 11), -22, -22, 0 from years
    union all select 'double_12', '双12', y, make_date(y, 12, 12), -11, -11, 0 from years
    union all
    select 'spring_festival', '春节', year(new_year), new_year, -21, -7, 6
    from (values
        (date '2021-02-12'), (date '2022-02-01'), (date '2023-01-22'), (date '2024-02-10'), (date '2025-01-29'),
        (date '2026-02-17'), (date '2027-02-06')
    ) as new_years(new_year)
), known as (
    select min(order_date) as begins from marts.orders where order_date <= as_of()
), days as (
    select *, anchor + day_offset as sales_date
    from (select *, unnest(range(opens, ends + 15))::integer as day_offset from anchors)
), sold as (
    select
        days.*, if(sales_date between known.begins and as_of(), true, null) as is_known,
        (select count(*) from marts.orders where order_date = sales_date and is_sale) as orders,
        (select coalesce(sum(net_revenue), 0) from marts.orders where order_date = sales_date) as revenue,
        (select count(*) from won where born = sales_date) as new_customers
    from days, known
)
select
    this.festival, this.y as festival_year, this.day_offset, this.label_zh, this.sales_date,
    case when this.day_offset < this.begins then 'warm_up' when this.day_offset <= this.ends then 'festival' else 'after' end
        as phase,
    if(this.is_known, this.orders, null) as orders, if(this.is_known, this.revenue, null) as net_revenue,
    if(this.is_known, this.new_customers, null) as new_customers,
    last.sales_date as sales_date_last_year, if(last.is_known, last.orders, null) as orders_last_year,
    if(last.is_known, last.revenue, null) as net_revenue_last_year,
    if(last.is_known, last.new_customers, null) as new_customers_last_year
from sold as this
left join sold as last on last.festival = this.festival and last.y = this.y - 1 and last.day_offset = this.day_offset
where exists (from sold where sold.festival = this.festival and sold.y = this.y and sold.is_known)
