{#-
    Calendar arithmetic of the rules. Months are calendar months that stop at the end of the month
    (31 March - 1 month = 28 February). Periods are open at their start: a period of 12 months that ends
    on 30 June begins after 30 June of the year before.
-#}
{% macro months_after(day, months) -%}
    cast({{ dbt.dateadd('month', 'cast(' ~ months ~ ' as integer)', day) }} as date)
{%- endmacro %}

{% macro years_after(day, years) -%}
    cast({{ dbt.dateadd('year', 'cast(' ~ years ~ ' as integer)', day) }} as date)
{%- endmacro %}

{% macro days_after(day, days) -%}
    cast({{ dbt.dateadd('day', 'cast(' ~ days ~ ' as integer)', day) }} as date)
{%- endmacro %}

{#- First day on which `day` no longer lies in the `months` that end there (1 March for 29 February + 12). -#}
{% macro leaves_period_on(day, months) -%}
    case
        when {{ months_after(months_after(day, months), '-' ~ months) }} >= {{ day }}
            then {{ months_after(day, months) }}
        else {{ days_after(months_after(day, months), 1) }}
    end
{%- endmacro %}
