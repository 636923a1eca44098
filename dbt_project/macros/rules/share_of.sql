{#- `part / whole` to six digits, at most 1; NULL where there is no whole. Both must be sums of decimals or counts, so that
    the order of rows cannot show. -#}
{% macro share_of(part, whole) -%}
    cast(case when {{ whole }} > 0 then round(least({{ part }}, {{ whole }}) * 1.0 / ({{ whole }}), 6) end as decimal(9, 6))
{%- endmacro %}
