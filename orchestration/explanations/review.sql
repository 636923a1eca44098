-- Accounts of other customers that are likely the same person, yet not likely enough; they wait for a steward.
select
    ours.platform,
    ours.shown_id as account_id,
    others.platform as other_platform,
    others.shown_id as other_account_id,
    others.shown_customer_id as other_customer_id,
    reviews.match_probability,
    reviews.likeness
from explained_reviews as reviews
inner join explained_people as ours
    on reviews.platform = ours.platform and reviews.account_id = ours.account_id
inner join explained_people as others
    on reviews.other_platform = others.platform and reviews.other_account_id = others.account_id
order by reviews.match_probability desc, others.platform, others.shown_id, ours.platform, ours.shown_id
