{#-
    A continued table keeps its rows from the last build; only what has changed since is restated: deleted, then
    inserted as it is now. Which tables may be continued is decided before the build (orchestration/continuation.py);
    a build by hand continues none and starts them anew.
-#}
{#- While dbt parses, yes: so that it sees what a continued build reads. -#}
{% macro is_continued(model) -%}
    {{ return(not execute or model in var('continued', [])) }}
{%- endmacro %}

{#- For the hook before the insert: the condition names the rows to restate. -#}
{% macro forget(condition) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} {% if is_continued(this.identifier) %}where {{ condition }}{% endif %}
    {%- endif -%}
{%- endmacro %}

{#- Whether a row was not seen by the last build: its file is new, or its day has come since. A new row may lie beyond
    the as-of date: what the last build had of its key is then taken back. -#}
{% macro is_unseen(instant=none) -%}
    (
        is_new
        {%- if instant %}
        or (
            {{ instant }} >= {{ end_of_day(var('previous_as_of_date')) }}
            and {{ instant }} < {{ as_of_end() }}
        )
        {%- endif %}
    )
{%- endmacro %}

{#- The first instant from which looks at products are kept; a table that goes on forgets what lies before it. -#}
{% macro browsing_kept_from() -%}
    {{ add_minutes(as_of_end(), '-1440 * ' ~ rule_value('browsing_rules', 'kept')) }}
{%- endmacro %}
