"""What people type in place of an entry: it is read, or the entry that is near is proposed, or
none is: a far one misleads. The same word may be read in one list and mean nothing in another."""

from __future__ import annotations

import pytest

from converter.forms.loading import form_dir, load
from converter.kinds.choice import Choice, Reader
from converter.model.forms import Field, Form

KIND = Choice()
FORMS = {name: load(form_dir(name)) for name in ("jiceng", "shiming", "fenbiao")}

# Form and list → entry: the words that are read as it.
READ = {
    ("jiceng", "unit_category"): {
        "国有企业": "国企 国营 央企 全民", "私营企业": "私企 民营 民企 合伙企业",
        "其他有限责任公司": "有限公司", "集体企业": "集体", "事业": "事业单位 事业编",
        "机关": "政府部门 机关单位", "个体经济组织": "个体 个体户", "民办非企业": "民非",
        "外商投资企业": "外企 中外合资",
    },
    ("jiceng", "political_status"): {
        "中国共产党党员": "党员 中共 中共党员", "中国共产党预备党员": "预备 预备党员",
        "中国共产主义青年团团员": "团员 共青团员", "群众": "普通群众",
    },
    ("jiceng", "education"): {
        "大学本科教育": "本科 大学 专升本 学士 党校本科 电大本科", "大学专科教育": "大专 高职 自考大专",
        "普通高级中学教育": "高中 高中生", "初级中学教育": "初中", "中等专科毕业": "中专",
        "技工学校毕业": "技校 中技", "硕士研究生毕业": "硕士 MBA", "博士研究生毕业": "博士",
        "小学教育": "小学", "其他": "文盲 没上过学",
    },
    ("jiceng", "production_status"): {
        "营业": "正常 在业 正常运行", "停业(歇业)": "停产 停工 暂停营业", "筹建": "在建",
        "当年关闭": "注销",
    },
    ("jiceng", "industry"): {
        "制造业": "工业 化工 机械 钢铁", "农、林、牧、渔业": "农业 种植 养殖", "建筑业": "施工 装修",
        "批发和零售业": "商贸 超市", "交通运输、仓储和邮政业": "物流 快递 货运", "教育": "学校 幼儿园",
        "房地产业": "物业 房地产", "租赁和商务服务业": "劳务派遣 广告", "卫生和社会工作": "医院",
        "居民服务、修理和其他服务业": "家政 美容", "公共管理、社会保障和社会组织": "村委会 政府",
    },
    ("jiceng", "industry_division"): {
        "邮政业": "快递", "餐饮业": "餐饮 饭店", "纺织业": "纺织", "卫生": "医院", "道路运输业": "公交",
        "房屋建筑业": "房建", "煤炭开采和洗选业": "煤矿",
    },
    ("jiceng", "yes_no"): {"是": "有 对 √ Y 已建立 已登记", "否": "没有 无 × N 未建立 没登记"},
    ("jiceng", "sex"): {"男": "男性 男的 男同志 男职工 M", "女": "女性 女士 女同志 女职工 F"},
    ("jiceng", "chair_origin"): {"直接民主选举": "直选 会员代表大会选举", "上级工会推荐": "上级推荐"},
    ("shiming", "household"): {
        "农业家庭户口": "农业 农村 农业户口 农户 农民", "农业集体户口": "农村集体户口",
        "非农业家庭户口": "非农业 非农 城镇 城市 城镇户口 城镇居民", "非农业集体户口": "非农集体户",
        "暂住户口": "暂住", "其他户口": "其他", "未落常住户口": "未落户",
    },
    ("shiming", "work_status"): {
        "在岗": "在职 上班 在岗职工", "待(下)岗": "下岗 待岗职工", "退休": "已退休 退休人员",
        "退养(内退)": "内退", "病休": "病假", "失业": "待业",
    },
    ("shiming", "technical_level"): {
        "职业资格一级(高级技师)": "高级技师 一级", "职业资格三级(高级)": "高级 高级工 三级工",
        "职业资格五级(初级)": "初级 初级工 五级工",
    },
    ("shiming", "change_type"): {"转入": "转来 调入", "除名": "开除会籍", "保留": "保留会籍"},
    ("shiming", "change_reason"): {
        "劳动(工作)关系发生变化": "辞职 离职 工作调动 解除劳动合同", "个人要求退会": "自愿退会 本人申请",
        "在本单位下岗后待岗": "下岗", "所在企业破产": "破产", "因犯罪被开除会籍": "开除会籍",
    },
    ("shiming", "union_organisation"): {"工会分会": "分会", "工会委员会": "基层工会 委员会"},
    ("shiming", "union_type"): {"独立基层工会": "独立 单独", "联合基层工会": "联合 联合工会"},
    ("shiming", "founding"): {"网上建会": "网上 线上", "线下建会": "线下"},
    ("shiming", "id_type"): {"居民身份证": "身份证 二代证 临时身份证"},
    ("shiming", "nation"): {"维吾尔族": "维族", "朝鲜族": "鲜族", "其他": "其他民族 穿青人"},
    ("fenbiao", "post"): {"委员": "组织委员 女工委员", "副主席": "工会副主席"},
    ("fenbiao", "yes_no"): {"是": "专职", "否": "兼职"},
}  # fmt: skip
# … and those for which it is proposed.
NEAR = {
    ("jiceng", "unit_category"): {"私营企业": "个人企业", "外商投资企业": "合资", "机关": "政府"},
    ("jiceng", "honour"): {"模范职工之家": "模范", "双爱双评先进企业": "双爱"},
    ("jiceng", "honour_level"): {"省级": "部级"},
    ("jiceng", "political_status"): {"无党派民主人士": "无党派民主"},
    ("jiceng", "education"): {"大学本科教育": "大学在读", "大学专科教育": "大专以上"},
    ("jiceng", "industry"): {"批发和零售业": "贸易公司", "制造业": "重工业"},
    ("jiceng", "industry_division"): {"农副食品加工业": "农产品加工"},
    ("jiceng", "yes_no"): {"是": "已经登记", "否": "没有办"},
    ("shiming", "household"): {"非农业家庭户口": "城镇户籍 非农户籍", "农业家庭户口": "农村户籍"},
    ("shiming", "change_reason"): {"个人要求退会": "自愿", "劳动(工作)关系发生变化": "自动离职"},
    ("shiming", "union_organisation"): {"工会联合会": "工会联合"},
    ("shiming", "nation"): {"维吾尔族": "维吾尔人"},
}  # fmt: skip
# Words that mean none of a list's entries, or more than one of them.
NOTHING_NEAR = {
    (
        "jiceng",
        "unit_category",
    ): "个人 上市公司 合作社 社会团体 协会 学校 医院 村委会 社区 公司 企业 "
    "非公企业 乡镇企业 股份制 民营医院 自由职业 律师事务所 银行 其他",
    ("jiceng", "honour"): "先进 优秀 先进集体 文明单位 劳模 工人先锋号",
    ("jiceng", "honour_level"): "县级 区级 乡级",
    ("jiceng", "political_status"): "积极分子 民主党派 学生 非党员 退党 党 团 中共党员(预备)",
    ("jiceng", "education"): "中学 技术学校 肄业 在校生 高中中专",
    ("jiceng", "chair_origin"): "任命 委派 聘任 组织推荐 兼职",
    ("jiceng", "production_status"): "良好 半停产 倒闭 搬迁 盈利 停业和其他",
    ("jiceng", "industry"): "科技 高新技术 综合 其他 国有 电商 民办",
    ("jiceng", "industry_division"): "机械 制造业 金融 服务业 C99 科技",
    ("jiceng", "yes_no"): "行 正在办理 也许",
    ("jiceng", "sex"): "未知 公 男孩 M男",
    ("shiming", "household"): "居民户口 集体户口 家庭户口 外地 流动人口 常住户口 农民工 农转非",
    ("shiming", "work_status"): "退休返聘 实习 停薪留职 产假 死亡",
    ("shiming", "technical_level"): "高级工程师 中级职称 特级技师 普工 学徒",
    ("shiming", "change_type"): "离会 死亡 退休 注销",
    ("shiming", "change_reason"): "退休 死亡 出国 其他",
    ("shiming", "id_type"): "士兵证 居住证 户口本 港澳通行证",
    ("shiming", "nation"): "中国 少数民族 外国",
    ("shiming", "founding"): "其他 微信",
    ("fenbiao", "post"): "主任 经审委员 书记 会计 工会主席兼女工主任",
    ("fenbiao", "yes_no"): "半专职 挂职",
}


def field_of(form: Form, codes: str) -> Field:
    return next(f for s in form.sheets for f in s if f.options.get("codes") == codes)


def words(table: dict[tuple[str, str], dict[str, str]]) -> list[tuple[str, str, str, str]]:
    return [
        (form, codes, word, label)
        for (form, codes), entries in table.items()
        for label, typed in entries.items()
        for word in typed.split()
    ]


@pytest.mark.parametrize(("form", "codes", "word", "label"), words(READ))
def test_the_word_is_read(form: str, codes: str, word: str, label: str) -> None:
    code, note = Reader(FORMS[form].codes[codes])(word)
    entry = FORMS[form].codes[codes].find(code)
    assert entry is not None
    assert (entry.label, note) == (label, "K904")


@pytest.mark.parametrize(("form", "codes", "word", "label"), words(NEAR))
def test_the_entry_that_is_near_is_proposed(form: str, codes: str, word: str, label: str) -> None:
    assert proposed(form, codes, word) == label


@pytest.mark.parametrize(
    ("form", "codes", "word"),
    [
        (form, codes, word)
        for (form, codes), typed in NOTHING_NEAR.items()
        for word in typed.split()
    ],
)
def test_nothing_is_proposed(form: str, codes: str, word: str) -> None:
    assert Reader(FORMS[form].codes[codes])(word) == (word, "")
    assert proposed(form, codes, word) == ""


def proposed(form: str, codes: str, word: str) -> str:
    definition = FORMS[form]
    params = KIND.message_params("K601", word, word, field_of(definition, codes), definition)
    return str(params.get("suggestion", ""))
