-- Which statement survives, per attribute: the rows of seeds/attribute_survivorship.csv in force.
select seeds.attribute, seeds.rule, seeds.reason
from seeds.attribute_survivorship as seeds
where
    seeds.valid_from = (
        select max(newer.valid_from) from seeds.attribute_survivorship as newer
        where newer.attribute = seeds.attribute and newer.valid_from <= $as_of
    )
