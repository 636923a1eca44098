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
