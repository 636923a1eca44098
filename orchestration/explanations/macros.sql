-- What the explanations share. Evidence is masked here, before it leaves the database.

-- Enough to recognise what one knows, too little to guess it.
create or replace temporary macro masked_email(value) as
    case
        when length(regexp_replace(value, '@[^@]*$', '')) > 2 then left(value, 1)
        else ''
    end
    || '***'
    || case
        -- What follows the @ of a broken address may be a telephone number or a name.
        when regexp_matches(value, '@([a-zA-Z0-9-]+[.])+[a-zA-Z]{2,}$')
            and not regexp_matches(value, '[0-9]{7,}[a-zA-Z0-9.-]*$')
            then regexp_extract(value, '@[^@]+$')
        else ''
    end;

create or replace temporary macro masked_text(value) as
    case when length(value) > 2 then left(value, 1) else '' end || '***';

create or replace temporary macro masked_phone(value) as
    case
        when not regexp_matches(value, '^[+]?[0-9*]+$') then masked_text(value)
        when length(value) >= 11 then left(value, 3) || '****' || right(value, 4)
        when length(value) >= 7 then left(value, 2) || '****' || right(value, 1)
        else '****'
    end;

create or replace temporary macro masked_browser(value) as
    case when length(value) >= 8 then left(value, 4) else '' end || '…';

-- Evidence of other kinds is a pair of accounts, which is shown as such.
create or replace temporary macro masked(kind, value) as
    case kind
        when 'email' then masked_email(value)
        when 'phone' then masked_phone(value)
        when 'browser' then masked_browser(value)
    end;

-- An account id that is somebody's e-mail or telephone number.
create or replace temporary macro masked_id(value) as
    case when contains(value, '@') then masked_email(value) else masked_phone(value) end;

create or replace temporary macro reporting_date(instant, zone) as
    cast(timezone(zone, timezone('UTC', instant)) as date);

create or replace temporary macro months_before(day, months) as
    cast(day - to_months(cast(months as integer)) as date);

-- Which attributes of two accounts are alike, without saying what they are.
create or replace temporary macro likeness(name_level, birth_date_level, phone_level, email_level, city_level) as
    {
        'name': name_level,
        'birth_date': birth_date_level,
        'phone': phone_level,
        'email': email_level,
        'city': city_level
    };
