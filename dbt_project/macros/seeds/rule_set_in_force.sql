{#- The rows of a rule seed that changes as a whole: the newest set that has begun by the as-of date, without the rows
    of older sets. `set_column` splits a seed into sets that change apart. -#}
{% macro rule_set_in_force(seed, set_column=none) -%}
    (
        select *
        from (
            select
                rules.*,
                max(valid_from) over ({% if set_column %}partition by {{ set_column }}{% endif %}) as newest_valid_from
            from {{ ref(seed) }} as rules
            where rules.valid_from <= {{ as_of_date() }}
        ) as begun
        where valid_from = newest_valid_from
    )
{%- endmacro %}
