{#- What sqlfluff reads instead of the macros that ask dbt for a variable or a time zone. -#}
{% macro as_of_end() %}timestamp '2026-06-30 16:00:00'{% endmacro %}
{% macro as_of_date() %}date '2026-06-30'{% endmacro %}
{% macro reporting_date(timestamp_utc) %}cast({{ timestamp_utc }} as date){% endmacro %}
{% macro reporting_hour(timestamp_utc) %}cast(extract(hour from {{ timestamp_utc }}) as integer){% endmacro %}
{% macro activity_key() %}platform{% endmacro %}
{% macro visitor_key() %}platform{% endmacro %}
{% macro key_hash(columns) %}hash({{ columns }}){% endmacro %}
{% macro is_continued(model) %}{{ true }}{% endmacro %}
{% macro forget(condition) %}{% endmacro %}
{% macro is_unseen(instant) %}is_new{% endmacro %}
{% macro end_of_day(date) %}timestamp '2026-06-30 16:00:00'{% endmacro %}
{% macro is_restated_visitor() %}visitor_hash > 0{% endmacro %}
{% macro session_id() %}cast(platform as varchar){% endmacro %}
{% macro browsing_kept_from() %}timestamp '2025-05-26 16:00:00'{% endmacro %}
