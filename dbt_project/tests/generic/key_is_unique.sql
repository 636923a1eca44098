{#- One pass over the hashes of the keys, then an exact look at the few that share one. A null in a key fails too. -#}
{% test key_is_unique(model, columns) %}

with

repeated as (

    select {{ key_hash(columns) }} as key_hash
    from {{ model }}
    group by 1
    having count(*) > 1

),

doubled as (

    select {{ columns | join(", ") }}, count(*) as occurrences
    from {{ model }}
    where {{ key_hash(columns) }} in (select key_hash from repeated)
    group by {{ columns | join(", ") }}
    having count(*) > 1

),

incomplete as (

    select {{ columns | join(", ") }}, 0 as occurrences
    from {{ model }}
    where {% for column in columns %}{{ column }} is null{{ " or " if not loop.last }}{% endfor %}

)

select * from doubled
union all
select * from incomplete

{% endtest %}
