{#- Dates and instants. Timestamps are naive and mean UTC; dates are in the reporting time zone. -#}

{% macro reporting_date(timestamp_utc) -%}
    {%- set zone = modules.pytz.timezone(var("reporting_time_zone")) -%}
    {%- set by_calendar = "cast(timezone('" ~ var("reporting_time_zone") ~ "', timezone('UTC', " ~ timestamp_utc ~ ")) as date)" -%}
    {%- set changes = zone._utc_transition_times | default([]) -%}
    {%- if changes and changes[-1].year > 1995 -%}
        {{ by_calendar }}
    {%- else -%}
        {#- A zone that has long stopped changing its clocks: adding its offset is five times as fast. -#}
        {%- set offset = zone.utcoffset(modules.datetime.datetime(2020, 1, 1)).total_seconds() | int -%}
        case
            when {{ timestamp_utc }} >= timestamp '1996-01-01'
                then cast({{ timestamp_utc }} + to_seconds({{ offset }}) as date)
            else {{ by_calendar }}
        end
    {%- endif -%}
{%- endmacro %}

{#- The first instant after the as-of date. -#}
{% macro as_of_end() -%}
    {{ end_of_day(var("as_of_date")) }}
{%- endmacro %}

{#- The first instant after a reporting day, as a literal, so that the filter reaches the Parquet files. -#}
{% macro end_of_day(date) -%}
    {%- set zone = modules.pytz.timezone(var("reporting_time_zone")) -%}
    {%- set day = modules.datetime.datetime.strptime(date | string, "%Y-%m-%d") -%}
    {%- set midnight = zone.localize(day + modules.datetime.timedelta(days=1)) -%}
    timestamp '{{ midnight.astimezone(modules.pytz.utc).strftime("%Y-%m-%d %H:%M:%S") }}'
{%- endmacro %}

{% macro as_of_date() -%}
    date '{{ var("as_of_date") }}'
{%- endmacro %}

{#- Fractional minutes between two instants, to the hundredth; null where either is unknown. -#}
{% macro minutes_between(earlier, later) -%}
    cast(round((epoch_us({{ later }}) - epoch_us({{ earlier }})) / 60000000.0, 2) as decimal(18, 2))
{%- endmacro %}

{% macro add_minutes(timestamp_utc, minutes) -%}
    ({{ timestamp_utc }} + to_minutes(cast({{ minutes }} as bigint)))
{%- endmacro %}

{#- Number of the slot of `minutes` minutes that an instant falls into, counted from 1970. -#}
{% macro minute_slot(timestamp_utc, minutes) -%}
    epoch({{ timestamp_utc }})::bigint // (60 * cast({{ minutes }} as bigint))
{%- endmacro %}

{#- Completed years of life on the as-of date. -#}
{% macro age_in_years(birth_date) -%}
    cast(date_sub('year', {{ birth_date }}, {{ as_of_date() }}) as integer)
{%- endmacro %}

{#- Seconds since 1970 with their fraction, as an integer of microseconds: an order for instants. -#}
{% macro instant_rank(timestamp_utc) -%}
    epoch_us({{ timestamp_utc }})
{%- endmacro %}

{#- Whether any instant of a list lies between two others, both included. An unknown list has none. -#}
{% macro any_between(instants, low, high) -%}
    case
        when {{ instants }} is null then false
        else len(list_filter({{ instants }}, lambda instant: instant between {{ low }} and {{ high }})) > 0
    end
{%- endmacro %}

{% macro utc_day(timestamp_utc) -%}
    cast({{ timestamp_utc }} as date)
{%- endmacro %}

{#- Day of the week of a date, 1 Monday to 7 Sunday. -#}
{% macro weekday_number(day) -%}
    cast(extract(isodow from {{ day }}) as integer)
{%- endmacro %}
