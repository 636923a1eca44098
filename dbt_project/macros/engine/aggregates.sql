{#- Aggregates that engines name differently. All of them give the same answer whatever the order of rows. -#}

{% macro median(expression) -%}
    median({{ expression }})
{%- endmacro %}

{#- The non-empty value of the row with the greatest rank (a list of columns, compared left to right). -#}
{% macro latest(expression, ranks) -%}
    max_by({{ expression }}, ({{ ranks | join(", ") }})) filter (where {{ expression }} is not null)
{%- endmacro %}

{#- The non-empty value of the row with the smallest rank. -#}
{% macro earliest(expression, ranks) -%}
    min_by({{ expression }}, ({{ ranks | join(", ") }})) filter (where {{ expression }} is not null)
{%- endmacro %}

{% macro sorted_list(expression, separator=",") -%}
    string_agg(distinct {{ expression }}, '{{ separator }}' order by {{ expression }})
{%- endmacro %}

{#- One row per element of a list column. -#}
{% macro each_element(list_column) -%}
    unnest({{ list_column }})
{%- endmacro %}

{#- All values as a list, in no order. -#}
{% macro list_of(expression) -%}
    list({{ expression }})
{%- endmacro %}
