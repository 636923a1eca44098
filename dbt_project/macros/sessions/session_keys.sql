{#- What tells two rows of int_browse_activity apart. -#}
{% macro activity_key() -%}
    {{ return([
        'platform', 'source_session_id', 'anonymous_id', 'account_id', 'device', 'traffic_source', 'slot', 'lone_event_id'
    ]) }}
{%- endmacro %}

{#- Who a session belongs to: the source's session, else the browser, else the account, else one event alone. -#}
{% macro visitor_key() -%}
    {{ return([
        'platform',
        'source_session_id',
        'case when source_session_id is null then anonymous_id end',
        'case when source_session_id is null and anonymous_id is null then account_id end',
        'lone_event_id'
    ]) }}
{%- endmacro %}

{#- The id of a visit cut by us holds its start; a visit of the source keeps its id when more events arrive. -#}
{% macro session_id() -%}
    'S' || {{ short_md5(
        "concat_ws('|', platform, coalesce(
            's:' || source_session_id,
            concat_ws('|', coalesce(
                'b:' || anonymous_id, 'a:' || account_id, 'e:' || lone_event_id
            ), cast(" ~ instant_rank('started_at') ~ " as varchar))
        ))", 20
    ) }}
{%- endmacro %}

{#- Whether the sessions of a row's visitor are cut in this build: all, or those of visitors who were seen again. -#}
{% macro is_restated_visitor() -%}
    {%- if is_continued('int_sessions') -%}
        visitor_hash in (select visitor_hash from {{ ref('int_restated_visitors') }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
