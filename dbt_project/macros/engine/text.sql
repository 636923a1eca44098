{#- Text: what Spark spells differently. -#}

{#- Full-width letters, digits, signs and the ideographic space become their ASCII twins. -#}
{% macro half_width(text) -%}
    translate(
        {{ text }},
        '　！＂＃＄％＆＇（）＊＋，－．／０１２３４５６７８９：；＜＝＞？＠ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ［＼］＾＿｀ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ｛｜｝～',
        ' !"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~'
    )
{%- endmacro %}

{% macro matches(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{#- Every occurrence of the pattern is replaced. -#}
{% macro replace_pattern(text, pattern, replacement="") -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{#- A name as two spellings of it are compared: half-width, without case and blanks. -#}
{% macro compared_name(text) -%}
    lower({{ replace_pattern(half_width(text), '[[:space:]]') }})
{%- endmacro %}

{#- Runs of anything but letters, of any script, become `between`. -#}
{% macro letters_only(text, between) -%}
    {{ replace_pattern(text, '[^\\p{L}\\p{M}]+', between) }}
{%- endmacro %}

{#- Whether a Chinese character stands in the text. -#}
{% macro is_chinese(text) -%}
    {{ matches(text, '[一-鿿]') }}
{%- endmacro %}

{% macro text_before(text, delimiter) -%}
    split_part({{ text }}, '{{ delimiter }}', 1)
{%- endmacro %}

{% macro text_after(text, delimiter) -%}
    split_part({{ text }}, '{{ delimiter }}', 2)
{%- endmacro %}

{#- The first `digits` hexadecimal digits of the MD5 of a text. -#}
{% macro short_md5(text, digits) -%}
    substr(md5({{ text }}), 1, {{ digits }})
{%- endmacro %}

{#- 64-bit hash of a key: narrow enough to group hundreds of millions of rows by. Equal keys have equal
    hashes; the reader must not conclude the reverse. -#}
{% macro key_hash(columns) -%}
    hash({{ columns | join(", ") }})
{%- endmacro %}

{% macro key_hash_type() -%}
    ubigint
{%- endmacro %}
