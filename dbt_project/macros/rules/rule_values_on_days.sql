{#- Scalar rules (`rule`, `value`) as one row per evaluation day with one column per named rule. -#}
{% macro rule_values_on_days(seed, days, names) %}
    select
        in_force.evaluated_on
        {%- for name in names %},
        max(case when in_force.rule = '{{ name }}' then in_force.value end) as {{ name }}
        {%- endfor %}
    from ({{ rules_on_days(seed, days) }}) as in_force
    group by in_force.evaluated_on
{% endmacro %}
