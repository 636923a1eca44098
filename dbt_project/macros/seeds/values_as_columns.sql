{#- One row of a key-value relation: a column per key, named after it, that holds its value. -#}
{% macro values_as_columns(key, names, value) -%}
    {%- for name in names -%}
        max(case when {{ key }} = '{{ name }}' then {{ value }} end) as {{ name }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
