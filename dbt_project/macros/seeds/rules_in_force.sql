{#- The rows of a rule seed that hold on the as-of date: per key the newest that has begun. -#}
{% macro rules_in_force(seed, keys) -%}
    (
        select *
        from (
            select
                rules.*,
                row_number() over (partition by {{ keys | join(", ") }} order by valid_from desc) as age_rank
            from {{ ref(seed) }} as rules
            where rules.valid_from <= {{ as_of_date() }}
        ) as ranked
        where age_rank = 1
    )
{%- endmacro %}
