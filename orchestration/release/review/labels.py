"""All words of the page, in Chinese and English. What is not named here is shown by its name in the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Label(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if self.zh == self.en else f"{self.zh} {self.en}"


def named(labels: Mapping[str, Label], name: str) -> Label:
    """Look a name up; an unknown one is told as it is, with spaces."""
    plain = name.replace("_", " ")
    return labels.get(name, Label(plain, plain))


KPIS = {
    "average_order_value": Label("客单价", "Average order value"),
    "bot_handled_share": Label("机器人处理占比", "Tickets handled by the bot"),
    "bot_solved_share": Label("机器人解决率", "Solved by the bot"),
    "churn_balanced_accuracy": Label("流失预测准确率（平衡）", "Churn, balanced accuracy"),
    "cltv": Label("客户终身价值（12 个月）", "Customer value, 12 months"),
    "complaint_handling_hours": Label("投诉处理时长", "Complaint handling"),
    "conversion": Label("转化率", "Conversion"),
    "cross_sell_category_rate": Label("跨品类购买率", "Cross-sell, other category"),
    "cross_sell_revenue_share": Label("交叉销售收入占比", "Cross-sell, share of revenue"),
    "csat": Label("客户满意度 CSAT", "Satisfaction (CSAT)"),
    "customer_path_days": Label("成长路径用时", "Customer path, time taken"),
    "customer_path_rate": Label("成长路径转化率", "Customer path, rate"),
    "email_click_rate": Label("邮件点击率", "E-mail click rate"),
    "email_open_rate": Label("邮件打开率", "E-mail open rate"),
    "email_unsubscribe_rate": Label("邮件退订率", "E-mail unsubscribe rate"),
    "first_response_in_time": Label("首次响应及时率", "First response in time"),
    "first_response_minutes": Label("首次响应时长", "First response"),
    "invalid_email_share": Label("无效邮箱占比", "Invalid e-mail addresses"),
    "member_growth": Label("会员增长", "Member growth"),
    "nps": Label("净推荐值 NPS", "Net promoter score (NPS)"),
    "nps_gain": Label("净推荐值提升", "NPS gain"),
    "old_customer_cost": Label("老客维护成本", "Cost of an old customer"),
    "recommendation_hit_rate_10": Label("推荐命中率@10", "Recommendations, hit rate @10"),
    "referral_share": Label("推荐获客占比", "Won by referral"),
    "registration_coverage_30": Label("30 天注册覆盖率", "Registration coverage, 30 days"),
    "registration_fields_filled": Label("注册信息完整率", "Registration fields filled"),
    "repeat_purchase_30": Label("30 天复购率", "Repeat purchase, 30 days"),
    "repeat_purchase_30_gain": Label("30 天复购率提升", "Repeat purchase, 30 days, gain"),
    "repeat_purchase_90": Label("90 天复购率", "Repeat purchase, 90 days"),
    "repeat_purchase_90_gain": Label("90 天复购率提升", "Repeat purchase, 90 days, gain"),
    "resolution_in_time": Label("解决及时率", "Resolution in time"),
    "resolution_minutes": Label("解决时长", "Resolution"),
    "retention_30": Label("30 天留存率", "Retention, 30 days"),
    "retention_30_gain": Label("30 天留存率提升", "Retention, 30 days, gain"),
    "retention_90": Label("90 天留存率", "Retention, 90 days"),
    "retention_90_gain": Label("90 天留存率提升", "Retention, 90 days, gain"),
    "return_cycle_change": Label("退货周期变化", "Return cycle, change"),
    "return_cycle_days": Label("退货周期", "Return cycle"),
    "returning_customer_rate": Label("回头率", "Returning customers"),
    "stage_conversion": Label("阶段转化率", "Stage conversion"),
}
PARTS = {
    "ad": Label("广告", "ad"),
    "all": Label("全部", "all"),
    "business_p50": Label("工作时间中位数", "p50, business hours"),
    "business_p90": Label("工作时间 90 分位", "p90, business hours"),
    "declining": Label("衰退期", "declining"),
    "direct": Label("直接访问", "direct"),
    "email": Label("邮件", "e-mail"),
    "first_to_second": Label("首购 → 复购", "first → second order"),
    "growing": Label("成长期", "growing"),
    "high_value": Label("高价值", "high value"),
    "mature": Label("成熟期", "mature"),
    "new": Label("新客", "new"),
    "onsite_recommendation": Label("站内推荐", "on-site recommendation"),
    "p50": Label("中位数", "p50"),
    "p90": Label("90 分位", "p90"),
    "registered_to_first": Label("注册 → 首购", "registered → first order"),
    "search": Label("搜索", "search"),
    "second_to_loyal": Label("复购 → 忠诚", "second order → loyal"),
    "sms": Label("短信", "SMS"),
    "social": Label("社交", "social"),
    "visitor_to_registered": Label("访客 → 注册", "visitor → registered"),
}
PREFIXES = {
    "category": Label("品类", "category"),
    "platform": Label("平台", "platform"),
    "tier": Label("等级", "tier"),
}
"""What stands before the colon of a part."""
STATUSES = {
    "met": Label("达标", "met"),
    "missed": Label("未达标", "missed"),
    "not measurable": Label("暂不可衡量", "not measurable"),
    "for information": Label("仅供参考", "for information"),
}
TIERS = {
    "Platinum": Label("铂金", "Platinum"),
    "Gold": Label("黄金", "Gold"),
    "Silver": Label("银牌", "Silver"),
    "Bronze": Label("铜牌", "Bronze"),
    "new": Label("新购", "new"),
    "none": Label("无等级", "none"),
}
"""In the order of rank, and the two ends of migrations that are no tier."""
MOVEMENTS = {
    "new": Label("新购", "new"),
    "up": Label("升级", "up"),
    "back": Label("回归", "back"),
    "down": Label("降级", "down"),
    "lost": Label("流失", "lost"),
}
MODELS = {
    "cltv": Label("客户终身价值", "Customer value"),
    "churn": Label("流失预测", "Churn"),
    "next_order": Label("下次购买时间", "Next order"),
    "recommendations": Label("商品推荐", "Recommendations"),
}
GUESSES = {
    "own_past_rate": Label("按自身过往频率", "own past rate"),
    "last_year_repeats": Label("按去年重演", "last year repeats"),
    "same_for_all": Label("人人相同", "same for all"),
    "constant": Label("常数", "constant"),
    "recency_only": Label("仅看最近购买", "recency only"),
    "past_orders": Label("仅看购买次数", "past orders only"),
}
EXTRACTS = {
    "registrations": Label("注册", "registrations"),
    "orders": Label("交易", "orders"),
    "order_items": Label("订单明细", "order items"),
    "browse_events": Label("行为", "browse events"),
    "tickets": Label("客服", "tickets"),
    "products": Label("商品", "products"),
    "campaigns": Label("营销活动", "campaigns"),
    "campaign_events": Label("触达事件", "campaign events"),
    "feedback": Label("评价", "feedback"),
    "identity_overrides": Label("身份裁定", "identity overrides"),
}
FESTIVALS = {
    "618": Label("618 年中大促", "618"),
    "double_11": Label("双11", "Double 11"),
    "double_12": Label("双12", "Double 12"),
    "spring_festival": Label("春节", "Spring Festival"),
}
UNITS = {
    "CNY per customer": Label("元/客户", "CNY/customer"),
    "CNY per order": Label("元/单", "CNY/order"),
    "days": Label("天", "days"),
    "hours": Label("小时", "hours"),
    "minutes": Label("分钟", "minutes"),
    "points of 5": Label("满分 5", "of 5"),
}
"""Units that are told after a value; shares and their differences are told in percent and percentage points."""


def part(segment: str) -> Label:
    """Name a part of a KPI: one of `PARTS`, or a kind of part and its name, as in `tier:Gold`."""
    kind, colon, name = segment.partition(":")
    if not colon:
        return named(PARTS, segment)
    before, after = named(PREFIXES, kind), TIERS.get(name, Label(name, name))
    return Label(f"{before.zh} {after.zh}", f"{before.en} {after.en}")
