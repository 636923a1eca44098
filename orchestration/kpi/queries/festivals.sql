select
    festival,
    label_zh,
    festival_year,
    warm_up_from,
    starts_on,
    ends_on,
    anchor_on
from seeds.festivals
where valid_from <= $as_of
qualify valid_from = max(valid_from) over (partition by festival)
order by festival, festival_year
