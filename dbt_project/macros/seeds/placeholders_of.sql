{#- Patterns of values that name nobody, for one kind of identifier: the newest row of each pattern. A newer row with a
    blank outcome takes a pattern back. -#}
{% macro placeholders_of(kind) -%}
    (
        select pattern, outcome
        from {{ rules_in_force('placeholders', ['kind', 'pattern']) }} as in_force
        where kind in ('{{ kind }}', 'any') and outcome is not null
    )
{%- endmacro %}
