{#- The value of a rule row that is in force on the as-of date, as a scalar.
    Seeds of rules have the columns rule, value, unit, reason, valid_from. -#}
{% macro rule_value(seed, rule) -%}
    (
        select rules.value
        from {{ ref(seed) }} as rules
        where rules.rule = '{{ rule }}' and rules.valid_from <= {{ as_of_date() }}
        order by rules.valid_from desc
        limit 1
    )
{%- endmacro %}
