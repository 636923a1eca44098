{#- Hour of the day, 0 to 23, in the reporting time zone. -#}
{% macro reporting_hour(timestamp_utc) -%}
    cast(
        extract(hour from timezone('{{ var("reporting_time_zone") }}', timezone('UTC', {{ timestamp_utc }}))) as integer
    )
{%- endmacro %}
