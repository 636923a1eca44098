"""How the made-up shop behaves: every number that shapes it, with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """Parameters of the shop; one instance describes one world.

    Attributes:
        rate_shape: shape r of the gamma purchase rates; below 1 gives many rare and few eager buyers.
        rate_mean: mean purchase rate, orders per ordinary day while active; gives 10 orders a customer in
            two years.
        dropout_shape: shape s of the gamma drop-out rates (Pareto/NBD).
        dropout_mean: mean drop-out rate, per day.
        order_value_shape: shape p of an order's value around the person's level (Gamma-Gamma).
        level_shape: shape q of the persons' inverse levels (Gamma-Gamma).
        level_scale: scale gamma of the persons' levels, CNY; the mean level is p * gamma / (q - 1).
        never_buys_share: registered persons who never order.
        first_order_same_day_share: buyers who order on the day they register.
        first_order_delay_days: mean wait of the others, days.
        second_account_share: persons with an account on a second platform, without mess.
        blocked_share: persons the shop has blocked.
        email_consent_share: persons who take e-mails.
        sms_consent_share: persons who take SMS.
        browse_per_order: visits without order per expected order.
        browse_base_rate: visits without order per day, beside those.
        visitors_per_person: anonymous visitors who never register, per person.
        coupon_share: mean share of orders under discount outside festivals.
        cancelled_share: orders cancelled.
        refunded_share: orders refunded whole.
        partly_refunded_share: orders of which some pieces come back.
        experiment_window_days: days after sending in which a campaign works.
    """

    rate_shape: float = 0.8
    rate_mean: float = 0.0420
    dropout_shape: float = 0.7
    dropout_mean: float = 1 / 260
    order_value_shape: float = 4.0
    level_shape: float = 3.5
    level_scale: float = 262.5
    never_buys_share: float = 0.12
    first_order_same_day_share: float = 0.4
    first_order_delay_days: float = 18.0
    second_account_share: float = 0.03
    blocked_share: float = 0.004
    email_consent_share: float = 0.72
    sms_consent_share: float = 0.55
    browse_per_order: float = 1.3
    browse_base_rate: float = 0.006
    visitors_per_person: float = 0.3
    coupon_share: float = 0.3
    cancelled_share: float = 0.045
    refunded_share: float = 0.025
    partly_refunded_share: float = 0.03
    experiment_window_days: int = 14


SHOP = Assumptions()

# Persons per independently seeded chunk; bounds memory (about 1 GiB at ten orders a person).
PERSONS_PER_CHUNK = 100_000

# Chance that an account joins its person on each platform; the shop's own site leads.
PLATFORMS = {"shop": 0.55, "taobao": 0.30, "wechat": 0.15}

DEVICES = {"mobile": 0.72, "pc": 0.23, "tablet": 0.05}

PAYMENT_METHODS = {"alipay": 0.48, "wechat_pay": 0.38, "unionpay": 0.09, "credit_card": 0.05}

# Where visits come from; visits that end in an order come more often from e-mail and recommendations.
BROWSE_SOURCES = {
    "direct": 0.40,
    "search": 0.24,
    "email": 0.05,
    "sms": 0.03,
    "onsite_recommendation": 0.08,
    "social": 0.10,
    "ad": 0.10,
}
ORDER_SOURCES = {
    "direct": 0.42,
    "search": 0.22,
    "email": 0.07,
    "sms": 0.04,
    "onsite_recommendation": 0.12,
    "social": 0.07,
    "ad": 0.06,
}

# Orders per active customer-day, Monday to Sunday, mean 1.
WEEKDAY_WEIGHTS = (0.97, 0.96, 0.96, 0.98, 1.01, 1.07, 1.05)

# Relative traffic per local hour, 0 to 23: quiet nights, a lunch peak, an evening peak.
HOUR_WEIGHTS = (2, 1, 0.5, 0.3, 0.3, 0.5, 1, 2, 4, 6, 7, 7, 7, 6, 5.5, 5.5, 5.5, 5.5, 6, 8, 10, 10, 8, 4)
