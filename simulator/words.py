"""Word lists of the made-up shop: names, places, goods, sentences. None of them names a real person."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Words with their spelling in e-mail addresses, written `word:spelling`."""
    return tuple((word, spelling) for word, _, spelling in (each.partition(":") for each in text.split()))


# No surname with a given name may occur in any other word below: a release shows those, but no names.
SURNAMES = _pairs(
    "王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 赵:zhao 吴:wu 周:zhou 徐:xu 孙:sun 朱:zhu 郭:guo "
    "何:he 罗:luo 郑:zheng 梁:liang 谢:xie 宋:song 许:xu 邓:deng 韩:han 冯:feng 曹:cao 彭:peng 曾:zeng "
    "萧:xiao 蔡:cai 潘:pan 袁:yuan 董:dong 余:yu 苏:su 吕:lv 魏:wei 蒋:jiang 沈:shen 姚:yao 卢:lu "
    "傅:fu 钟:zhong 崔:cui 谭:tan 廖:liao 范:fan 汪:wang 陆:lu 贾:jia 韦:wei 邹:zou 孟:meng 薛:xue "
    "侯:hou 雷:lei"
)

FEMALE_GIVEN = _pairs(
    "芳:fang 娜:na 秀英:xiuying 敏:min 静:jing 丽:li 艳:yan 娟:juan 霞:xia 燕:yan 玲:ling 桂英:guiying "
    "婷:ting 雪:xue 慧:hui 莹:ying 倩:qian 琳:lin 欣怡:xinyi 诗涵:shihan 梓涵:zihan 雨桐:yutong "
    "佳怡:jiayi 思雨:siyu 晓梅:xiaomei 美玲:meiling 海燕:haiyan 玉兰:yulan 春梅:chunmei 若曦:ruoxi "
    "可馨:kexin 语嫣:yuyan 紫萱:zixuan 梦琪:mengqi 嘉欣:jiaxin 晨曦:chenxi 淑珍:shuzhen 凤英:fengying "
    "丹丹:dandan"
)

MALE_GIVEN = _pairs(
    "伟:wei 强:qiang 磊:lei 军:jun 洋:yang 勇:yong 杰:jie 涛:tao 超:chao 刚:gang 辉:hui 鹏:peng 浩:hao "
    "斌:bin 波:bo 宇:yu 建国:jianguo 建华:jianhua 志强:zhiqiang 俊杰:junjie 浩然:haoran 子轩:zixuan "
    "宇轩:yuxuan 博文:bowen 天佑:tianyou 文博:wenbo 家豪:jiahao 志明:zhiming 国强:guoqiang 海涛:haitao "
    "晓东:xiaodong 立新:lixin 思远:siyuan 明哲:mingzhe 一鸣:yiming 子涵:zihan 振华:zhenhua "
    "永康:yongkang"
)

EMAIL_DOMAINS = {
    "qq.com": 0.42,
    "163.com": 0.24,
    "126.com": 0.09,
    "sina.com": 0.06,
    "foxmail.com": 0.06,
    "gmail.com": 0.05,
    "outlook.com": 0.05,
    "139.com": 0.03,
}

PHONE_PREFIXES = _words(
    "134 135 136 137 138 139 147 150 151 152 157 158 159 178 182 183 187 188 130 131 132 155 156 166 "
    "176 185 186 133 153 173 177 180 181 189 199"
)

# Province, city, share of customers in percent.
CITIES = (
    ("上海市", "上海", 9.0),
    ("北京市", "北京", 8.0),
    ("广东省", "广州", 7.0),
    ("广东省", "深圳", 7.0),
    ("浙江省", "杭州", 6.0),
    ("四川省", "成都", 6.0),
    ("江苏省", "南京", 5.0),
    ("江苏省", "苏州", 5.0),
    ("湖北省", "武汉", 5.0),
    ("重庆市", "重庆", 4.0),
    ("陕西省", "西安", 4.0),
    ("天津市", "天津", 3.0),
    ("湖南省", "长沙", 3.0),
    ("河南省", "郑州", 3.0),
    ("山东省", "青岛", 3.0),
    ("山东省", "济南", 2.0),
    ("浙江省", "宁波", 2.0),
    ("福建省", "厦门", 2.0),
    ("福建省", "福州", 2.0),
    ("安徽省", "合肥", 2.0),
    ("辽宁省", "沈阳", 2.0),
    ("辽宁省", "大连", 2.0),
    ("云南省", "昆明", 2.0),
    ("广西壮族自治区", "南宁", 1.0),
    ("江西省", "南昌", 1.0),
    ("黑龙江省", "哈尔滨", 1.0),
    ("河北省", "石家庄", 1.0),
    ("贵州省", "贵阳", 1.0),
    ("山西省", "太原", 1.0),
)

OCCUPATIONS = {
    "企业职员": 0.31,
    "自由职业": 0.13,
    "学生": 0.14,
    "教师": 0.08,
    "工程师": 0.1,
    "医护人员": 0.05,
    "公务员": 0.06,
    "个体经营": 0.09,
    "退休": 0.04,
}

CHANNELS = {
    "search": 0.26,
    "social": 0.22,
    "ad": 0.2,
    "direct": 0.18,
    "email": 0.04,
    "store": 0.04,
    "referral": 0.06,
}

BRANDS = _words("云杉 青禾 鹿野 蓝鲸 小橘 北屿 木棉 拾光 晴川 山月 星野 竹里 南风 松果 远岸 半夏")

# Category: median price in CNY, popularity, nouns.
CATEGORIES = {
    "手机数码": (320, 14, _words("数据线 充电宝 蓝牙耳机 智能手表 平板电脑 机械键盘")),
    "家用电器": (420, 9, _words("电水壶 空气炸锅 扫地机 加湿器 吹风机 电饭煲")),
    "女装": (190, 15, _words("连衣裙 针织衫 半身裙 风衣 衬衫 羽绒服")),
    "男装": (200, 9, _words("夹克 牛仔裤 卫衣 衬衫 大衣 休闲裤")),
    "鞋靴箱包": (240, 8, _words("运动鞋 帆布鞋 双肩包 行李箱 短靴 手提包")),
    "美妆护肤": (150, 13, _words("面膜 精华液 口红 洁面乳 防晒霜 香水")),
    "母婴": (140, 7, _words("纸尿裤 奶瓶 婴儿推车 辅食机 绘本 安全座椅")),
    "食品生鲜": (70, 12, _words("坚果礼盒 咖啡豆 牛排 茶叶 鲜果箱 橄榄油")),
    "家居日用": (80, 8, _words("收纳箱 四件套 保温杯 台灯 毛巾 香薰")),
    "运动户外": (210, 5, _words("瑜伽垫 帐篷 跑步机 登山杖 泳镜 骑行服")),
}
PRODUCTS_PER_CATEGORY = 120
STYLES = _words("经典款 轻享款 升级款 尊享款 家庭装 限定款 简约款 便携款")

TOPICS = {
    "inquiry": _words("物流查询 发票 尺码咨询 优惠券 支付问题 会员权益"),
    "complaint": _words("物流延误 商品破损 客服态度 描述不符 质量问题 价格保护"),
    "return": _words("七天无理由 质量问题 尺码不合 发错商品 商品破损 不喜欢"),
}

MESSAGES = {
    "inquiry": (
        "你好，请问我的订单什么时候发货？",
        "麻烦帮我查一下快递到哪里了",
        "请问可以开电子发票吗？",
        "我平时穿这个尺码合适吗？",
        "优惠券为什么用不了？",
        "付款成功了但是订单还显示未支付",
        "会员积分怎么兑换？",
    ),
    "complaint": (
        "等了一个星期还没有收到，太慢了！",
        "收到的时候包装已经破了，很失望",
        "客服回复太慢，态度也不好",
        "颜色和图片完全不一样，要求给个说法",
        "用了两天就坏了，质量太差",
        "刚买就降价，申请价格保护",
        "少发了一件，请尽快处理",
    ),
    "return": (
        "尺码不合适，想退货",
        "不太喜欢，申请七天无理由退货",
        "商品有瑕疵，要求退款",
        "发错颜色了，我要退货",
        "收到时已经破损，请安排退款",
        "买多了，退一部分可以吗？",
    ),
}

# Review texts for one to five stars.
REVIEWS = (
    (
        "太差了，和描述完全不符，不会再买",
        "质量很差，用一次就坏了，客服也不理人",
        "假货吧，味道刺鼻，后悔购买",
    ),
    (
        "有点失望，做工一般，线头很多",
        "物流太慢，包装还破了",
        "性价比不高，不太推荐",
    ),
    (
        "一般般，对得起这个价格",
        "还可以吧，没有想象中好",
        "中规中矩，颜色有点偏差",
    ),
    (
        "不错，物流很快，包装也好",
        "整体满意，就是尺码偏大一点",
        "挺好用的，值得购买",
    ),
    (
        "非常满意，质量超出预期，已经回购",
        "太喜欢了！推荐给朋友们",
        "物流快，服务好，五星好评",
    ),
)

COUPONS = _words("NEW20 VIP88 SAVE10 FEST50 SHIP0 BACK30")
