"""Invented people and units for tests: right check digits, nobody's numbers."""

from __future__ import annotations

from datetime import date

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def id_number(region: str, born: str, sequence: int) -> str:
    """An 18-character number (GB 11643-1999); an even sequence is a woman's."""
    body = f"{region}{born.replace('-', '')}{sequence:03d}"
    total = sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def credit_code(body: str) -> str:
    """A unified social credit code (GB 32100) from its first 17 characters."""
    total = sum(USCC.index(c) * pow(3, n, 31) for n, c in enumerate(body))
    return body + USCC[(31 - total % 31) % 31]


def licence_number(body: str) -> str:
    """A 15-digit business registration number (ISO 7064 MOD 11,10) from its first 14."""
    check = 10
    for digit in body:
        check = (check + int(digit)) % 10 or 10
        check = check * 2 % 11
    return body + str((1 - check) % 10)


UNIT = {
    "所属上级工会组织": "示例县总工会",
    "单位工会名称": "示例机械有限公司工会委员会",
    "涵盖法人单位数": 1,
    "单位工会联系电话": "0311-85551234",
    "驻地通讯地址": "示例县示例路1号",
    "驻地邮政编码": "050000",
    "投产开业时间": date(2001, 3, 1),
    "单位类别": "私营企业",
    "所属行业": "制造业",
    "细分行业类别": "通用设备制造业",
    "工商注册号": credit_code("91130102MA0000000"),
    "生产状况": "营业",
    "职工总数": 15,
    "农民工人数": 5,
    "女职工人数": 6,
    "会员总数": 12,
    "农民工会员数": 4,
    "女职工会员数": 6,
    "工会组建时间": date(2005, 6, 1),
    "工会上次换届时间": date(2023, 6, 1),
    "上级工会批复文号": "示工字〔2023〕5号",
    "是否进行工会法人资格登记": "是",
    "核准登记时间": date(2006, 1, 10),
    "工会法人资格证书号码": credit_code("81130102MC0000000"),
    "工会法人代表姓名": "王示例",
    "专职工会工作人员数": 1,
    "兼职工会工作人员数": 3,
    "工会积极分子数": 5,
    "荣誉类别": "模范职工之家",
    "荣誉级别": "市级",
    "荣获时间": date(2020, 5, 1),
    "主席姓名": "王示例",
    "主席性别": "男",
    "主席出生日期": date(1975, 8, 15),
    "主席政治面貌": "中国共产党党员",
    "主席学历": "大学本科毕业",
    "主席任职时间": date(2023, 6, 1),
    "主席产生形式": "直接民主选举",
}

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫"

MEMBERS = [
    (
        f"{SURNAMES[n]}示例",
        id_number("130102", f"{1960 + 3 * n}-0{1 + n % 9}-1{n % 10}", n + 1),
        date(2010, 1 + 5 * n % 12, 5),
    )
    for n in range(12)
]
