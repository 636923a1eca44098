"""A first look at a release: tiers, cohorts, customer value.

Run it as an app with `marimo run notebooks/first_look.py`, edit it with `marimo edit …`;
it opens the release that RAPPORT_HOME (default ./var) calls current.
"""

import marimo

app = marimo.App(width="medium", app_title="Rapport · first look")


@app.cell
def _():
    import os
    from pathlib import Path

    import altair as alt
    import duckdb
    import marimo as mo

    release_file = Path(os.environ.get("RAPPORT_HOME", "var")) / "current" / "marts.duckdb"
    warehouse = duckdb.connect(str(release_file), read_only=True)
    return alt, mo, warehouse


@app.cell
def _(mo, warehouse):
    release = warehouse.sql("select * from governance.release").pl().row(0, named=True)
    mo.md(
        f"# First look · 客户概览\n\nRelease **{release['release_id']}**, "
        f"as of **{release['as_of_date']}**, money in {release['reporting_currency']}."
    )
    return


@app.cell
def _(warehouse):
    tiers = warehouse.sql("""
        select
            rfm_tier,
            count(*) as customers,
            sum(net_revenue_12m)::double as net_revenue_12m,
            avg(cltv_12m) as mean_cltv_12m
        from marts.customer_360
        where rfm_tier is not null
        group by rfm_tier
    """).pl()
    return (tiers,)


@app.cell
def _(alt, mo, tiers):
    order = ["Platinum", "Gold", "Silver", "Bronze"]
    tier_chart = (
        alt.Chart(tiers, title="Customers and 12-month net revenue by tier · 会员等级")
        .transform_fold(["customers", "net_revenue_12m"], as_=["measure", "amount"])
        .mark_bar()
        .encode(
            x=alt.X("amount:Q", title=None),
            y=alt.Y("rfm_tier:N", sort=order, title=None),
            color=alt.Color("rfm_tier:N", sort=order, legend=None),
            column=alt.Column("measure:N", title=None),
            tooltip=["rfm_tier", "customers", "net_revenue_12m", "mean_cltv_12m"],
        )
        .resolve_scale(x="independent")
        .properties(width=260)
    )
    mo.ui.altair_chart(tier_chart)
    return


@app.cell
def _(warehouse):
    cohorts = warehouse.sql("""
        select strftime(cohort_month, '%Y-%m') as cohort, period_number, cohort_size, active_customers, retention_rate
        from marts.cohort_retention
        where period_number between 1 and 12 and retention_rate is not null
        order by cohort_month, period_number
    """).pl()
    return (cohorts,)


@app.cell
def _(alt, cohorts, mo):
    cohort_chart = (
        alt.Chart(cohorts, title="Share of a month's new buyers who buy again in month k · 同期群留存")
        .mark_rect()
        .encode(
            x=alt.X("period_number:O", title="months after the first order"),
            y=alt.Y("cohort:O", title="month of the first order"),
            color=alt.Color("retention_rate:Q", title="retention", scale=alt.Scale(scheme="blues")),
            tooltip=["cohort", "period_number", "cohort_size", "active_customers", alt.Tooltip("retention_rate", format=".1%")],
        )
        .properties(width=520)
    )
    mo.ui.altair_chart(cohort_chart)
    return


@app.cell
def _(warehouse):
    values = warehouse.sql("""
        select decile, count(*) as customers, avg(cltv_12m) as mean_cltv_12m, sum(cltv_12m) as total_cltv_12m
        from (select cltv_12m, ntile(10) over (order by cltv_12m desc, customer_id) as decile from marts.cltv_scores)
        group by decile
        order by decile
    """).pl()
    return (values,)


@app.cell
def _(alt, mo, values):
    value_chart = (
        alt.Chart(values, title="Expected net revenue of the next 12 months by decile of customers · 客户终身价值")
        .mark_bar()
        .encode(
            x=alt.X("decile:O", title="decile (1 = most valuable)"),
            y=alt.Y("total_cltv_12m:Q", title="sum of CLTV, 12 months"),
            tooltip=["decile", "customers", "mean_cltv_12m", "total_cltv_12m"],
        )
        .properties(width=520)
    )
    mo.ui.altair_chart(value_chart)
    return


if __name__ == "__main__":
    app.run()
