select
    setting,
    value
from seeds.model_settings
where valid_from <= $as_of
qualify row_number() over (partition by setting order by valid_from desc) = 1
order by setting
