{#- Hour of the day, 0 to 23, in the reporting time zone. A zone that has long stopped changing its clocks (see reporting_date)
    is an offset, which is five times as fast as its calendar. -#}
{% macro reporting_hour(timestamp_utc) -%}
    {%- set zone = modules.pytz.timezone(var("reporting_time_zone")) -%}
    {%- set by_calendar = "extract(hour from timezone('" ~ var("reporting_time_zone") ~ "', timezone('UTC', " ~ timestamp_utc ~ ")))" -%}
    {%- set changes = zone._utc_transition_times | default([]) -%}
    {%- if changes and changes[-1].year > 1995 -%}
        cast({{ by_calendar }} as integer)
    {%- else -%}
        {%- set offset = zone.utcoffset(modules.datetime.datetime(2020, 1, 1)).total_seconds() | int -%}
        cast(
            case
                when {{ timestamp_utc }} >= timestamp '1996-01-01'
                    then extract(hour from {{ timestamp_utc }} + to_seconds({{ offset }}))
                else {{ by_calendar }}
            end as integer
        )
    {%- endif -%}
{%- endmacro %}
