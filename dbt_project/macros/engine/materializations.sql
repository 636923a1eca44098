{#-
    Tables and views of the warehouse, each replaced in one statement of one transaction. dbt-duckdb's own way builds
    beside, renames twice and drops after a second commit, which is most of what a model of a small night costs.
    Other engines use their adapter's way.
-#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set is_python = model.language == 'python' -%}
    {{ run_hooks(pre_hooks) }}
    {{ make_way(target, is_replaced=not is_python) }}
    {% call statement('main', language=model.language) -%}
        {%- if is_python -%}
            {{ create_table_as(False, target, compiled_code, 'python') }}
        {%- elif config.get('contract').enforced -%}
            {{ get_assert_columns_equivalent(compiled_code) }}
            create or replace table {{ target }} {{ get_table_columns_and_constraints() }};
            insert into {{ target }} {{ get_select_subquery(compiled_code) }}
        {%- else -%}
            create or replace table {{ target }} as {{ compiled_code }}
        {%- endif -%}
    {%- endcall %}
    {% do persist_docs(target, model) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set target = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {{ make_way(target) }}
    {% call statement('main') -%}
        create or replace view {{ target }} as ({{ compiled_code }})
    {%- endcall %}
    {% do persist_docs(target, model) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#- Drop what `create or replace` would not: a view that is a table now or the other way round, and any table before
    Python writes it. -#}
{% macro make_way(target, is_replaced=true) -%}
    {%- set existing = load_cached_relation(target) -%}
    {%- if existing is not none and not (is_replaced and existing.type == target.type) -%}
        {% do adapter.drop_relation(existing) %}
    {%- endif -%}
{%- endmacro %}

{#- All comments of a table in one statement; a documented column that does not exist is an error. -#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {% call statement('persist_docs') -%}
        comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(model.description) }};
        {% for column in model.columns.values() -%}
            comment on column {{ relation }}.{{ adapter.quote(column.name) }}
            is {{ duckdb_escape_comment(column.description) }};
        {% endfor %}
    {%- endcall %}
{%- endmacro %}
