{#- Money stays decimal: a division that passes through floating point rounds some half cents the wrong way. -#}

{#- `amount * part / whole`, to the cent, halves away from zero. The amount has two decimals, `whole` > 0. -#}
{% macro share_of_amount(amount, part, whole) -%}
    cast(
        sign({{ amount }}) * (
            (abs(cast({{ amount }} * 100 as hugeint)) * {{ part }} * 2 + {{ whole }}) // ({{ whole }} * 2)
        ) as decimal(36, 0)
    ) * 0.01
{%- endmacro %}
