{#-
    Rows of a rules seed in force on each evaluation day: the newest set that is not younger than the day.

    A set changes as a whole: a change appends all its rows with a new `valid_from`; an old day keeps its rules.
    `days` names a relation with the column `evaluated_on`; `set_column` splits a seed into sets of their own.
-#}
{% macro rules_on_days(seed, days, set_column=none) %}
    select versions.*
    from (
        select
            days.evaluated_on,
            rules.*,
            max(rules.valid_from) over (
                partition by days.evaluated_on{% if set_column %}, rules.{{ set_column }}{% endif %}
            ) as newest_valid_from
        from (select distinct evaluated_on from {{ days }}) as days
        inner join {{ seed }} as rules on rules.valid_from <= days.evaluated_on
    ) as versions
    where versions.valid_from = versions.newest_valid_from
{% endmacro %}
