"""The invented unit and members of samples/: one full record, and members without end.

Sequences from 990 on are not handed out; names are made of the stems and branches of the old
calendar.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.people import credit_code, id_number

STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
Member = tuple[str, Any, Any]  # 会员姓名, 身份证号, 加入工会时间


def member(number: int) -> Member:
    """An invented member; the odd ones are women."""
    name = f"示{STEMS[number % 10]}{BRANCHES[number % 12]}"
    day = date.fromordinal(date(1966, 1, 1).toordinal() + number * 37 % 12_000)
    man = 1 - number % 2  # an even sequence is a woman's
    sequence = 990 + 2 * (number // 12_000) + man
    joined = date(day.year + 20 + number % 6, 1 + number % 12, 1 + number % 28)
    return name, id_number("130102", day.isoformat(), sequence), joined


UNIT: dict[str, Any] = {
    "所属上级工会组织": "示例市示例区总工会",
    "单位工会名称": "示例机械厂工会委员会",
    "涵盖法人单位数": 1,
    "单位工会联系电话": "0311-85550100",
    "驻地通讯地址": "示例市示例区示例路1号",
    "驻地邮政编码": "050000",
    "投产开业时间": date(1995, 3, 1),
    "单位类别": "国有企业",
    "所属行业": "制造业",
    "细分行业类别": "通用设备制造业",
    "工商注册号": credit_code("91130102MA0EXAMPL"),
    "生产状况": "营业",
    "职工总数": 52,
    "农民工人数": 12,
    "女职工人数": 25,
    "会员总数": 40,
    "农民工会员数": 9,
    "女职工会员数": 20,
    "工会组建时间": date(1996, 5, 1),
    "工会上次换届时间": date(2023, 5, 10),
    "上级工会批复文号": "示区工字〔2023〕12号",
    "是否进行工会法人资格登记": "是",
    "核准登记时间": date(1998, 6, 1),
    "工会法人资格证书号码": credit_code("81130102MCEXAMPLE"),
    "工会法人代表姓名": "示主席",
    "专职工会工作人员数": 1,
    "兼职工会工作人员数": 4,
    "工会积极分子数": 8,
    "荣誉类别": "模范职工之家",
    "荣誉级别": "市级",
    "荣获时间": date(2019, 5, 1),
    "主席姓名": "示主席",
    "主席性别": "女",
    "主席出生日期": date(1975, 8, 15),
    "主席政治面貌": "中国共产党党员",
    "主席学历": "大学本科毕业",
    "主席任职时间": date(2023, 5, 10),
    "主席产生形式": "直接民主选举",
}
