"""Member rows may be deleted, inserted, sorted and cleared: the verdicts stay right."""

from __future__ import annotations

from pathlib import Path

import pytest

from converter.forms import loading as forms
from converter.model.cell_types import CellType
from converter.model.forms import Form
from converter.model.issues import column_letters
from converter.model.submissions import RawColumn, RawSheet, Stamp, Submission
from converter.template.labels import label
from converter.template.layout import MemberLayout, UnitLayout
from tests.opened import rendered
from tests.parity import verdicts
from tests.parity.office import edited
from tests.people import id_number
from tests.tools import needs

pytestmark = needs("libreoffice", "uno")

FORM: Form = forms.load(forms.form_dir())
MEMBERS, PREPARED = 12, 40
INSERTED = id_number("130102", "1990-01-01", 998)
FIRST = MemberLayout.FIRST_ROW
IDS = [id_number("130102", f"{1960 + n}-05-0{1 + n % 9}", 900 - n) for n in range(MEMBERS)]
BELOW = IDS[9]

EDITS = {
    "nothing": "",
    "delete": "delete:7",
    "delete first and last": f"delete:{FIRST + MEMBERS - 1},delete:{FIRST}",
    "delete every row": ",".join(["delete:5"] * PREPARED),
    "insert": "insert:8",
    "insert and fill": f"insert:8,write:B8=插示例,write:C8={id_number('130102', '1990-01-01', 88)}",
    "insert at the top and fill": f"insert:5,write:B5=插示例,write:C5={id_number('130102', '1990-01-01', 88)}",
    "insert two and fill": "insert:8,insert:8,write:B8=插示例,write:B9=入示例",
    "insert and fill with a short ID": f"insert:8,write:B8=插示例,write:C8={INSERTED[:-2]}",
    "insert one who stands below": f"insert:8,write:B8=插示例,write:C8={BELOW}",
    "insert one twice": f"insert:8,insert:15,write:B8=插示例,write:B15=插示例,write:C8={INSERTED},write:C15={INSERTED}",
    "insert ten and fill": ",".join(
        ["insert:8"] * 10 + [f"write:B{8 + n}=插示例" for n in range(10)]
    ),
    "insert and write below": "insert:8,write:B8=插示例,write:B60=远示例,write:B61=近示例",
    "insert into a sheet without a fault": "delete:12,delete:10,delete:7,insert:7,write:B7=插示例",
    "insert below and fill": f"insert:45,write:B45=插示例,write:C45={id_number('130102', '1990-01-01', 88)}",
    "copy a row and fill": "copy:7,write:B8=抄示例,write:C8=13010219900101",
    "sort by name": "sort:A5:H44:1",
    "sort by ID": "sort:A5:H44:2",
    "sort, delete, insert": "sort:A5:H44:2,delete:6,insert:9,sort:A5:H44:1",
    "clear a row": "clear:9",
    "write below the prepared rows": "write:B60=远示例",
    "totals and a signature below": "write:B18=合计,write:C18=12人,write:A20=填表人：王示例,write:B20=13800",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("rows")
    source = folder / "filled.xlsx"
    source.write_bytes(rendered(FORM, rows=PREPARED, data=_members()))
    steps = {
        name: (source, folder / f"{number}.xlsx", what or "write:A1=会员基本信息表")
        for number, (name, what) in enumerate(EDITS.items())
    }
    edited(list(steps.values()), folder)
    verdicts.validated_together([result for _, result, _ in steps.values()], FORM)
    return {name: result for name, (_, result, _) in steps.items()}


def _members() -> Submission:
    """Twelve members, one fault in each third: a wrong ID, an ID twice, a name missing."""
    ids = IDS.copy()
    names = [f"{c}示例" for c in "赵钱孙李周吴郑王冯陈褚卫"]
    ids[2], ids[7], names[5] = ids[2][:-1], ids[4], ""
    text, blank = int(CellType.TEXT), int(CellType.BLANK)
    columns = {
        "name": RawColumn(names, [text if name else blank for name in names]),
        "id_number": RawColumn(ids, [text] * MEMBERS),
    }
    members = RawSheet("", columns, list(range(MEMBERS)), {}, {})
    unit = RawSheet("", {"members": RawColumn([str(MEMBERS)], [int(CellType.NUMBER)])}, [1], {}, {})
    return Submission("", {"unit": unit, "member": members}, Stamp())


@pytest.mark.parametrize("edit", [e for e in EDITS if "insert" not in e and "below" not in e])
def test_verdicts_follow_their_rows(results: dict[str, Path], edit: str) -> None:
    path = results[edit]
    assert verdicts.differences(path, FORM) == []
    assert verdicts.error_cells(path, path) == []


@pytest.mark.parametrize("edit", [e for e in EDITS if "insert" in e or "below" in e])
def test_rows_without_formulas_raise_no_false_alarm(results: dict[str, Path], edit: str) -> None:
    """They may go unchecked, but nothing becomes wrong. Of a person who stands twice, the row
    without formulas may be the one that says so."""
    path = results[edit]
    must = verdicts.validated(path, FORM).must
    repeated = {("error", "X191")} & set().union(*must.values())
    of_stand_ins = verdicts.of_stand_ins(path, FORM)
    for where, output in verdicts.shown(path, FORM).items():
        found = output | of_stand_ins.get(where, set())
        assert found - repeated <= must.get(where, set()), where
    assert verdicts.error_cells(path, path) == []


@pytest.mark.parametrize(
    "edit", ["insert", "insert and fill", "insert at the top and fill", "insert two and fill",
             "insert and fill with a short ID", "insert one twice"],
)  # fmt: skip
def test_inserted_rows_are_checked_like_the_others(results: dict[str, Path], edit: str) -> None:
    assert verdicts.differences(results[edit], FORM) == []


def test_a_copied_row_is_validated_at_once(results: dict[str, Path]) -> None:
    shown = verdicts.shown(results["copy a row and fill"], FORM)
    assert shown["member", "G8"] == {("error", "K112")}


def test_faults_are_there_to_be_found(results: dict[str, Path]) -> None:
    output = verdicts.shown(results["nothing"], FORM)
    found = {where[1]: codes for where, codes in output.items() if where[0] == "member" and codes}
    assert found == {
        f"G{FIRST + 2}": {("error", "K112")},
        f"G{FIRST + 5}": {("error", "K001")},
        f"G{FIRST + 7}": {("error", "X191")},
    }


@pytest.mark.parametrize(
    ("edit", "members"),
    [("nothing", 12), ("delete", 11), ("delete first and last", 10), ("delete every row", 0),
     ("insert", 12), ("copy a row and fill", 13), ("insert and fill", 13), ("insert at the top and fill", 13),
     ("clear a row", 11), ("sort by name", 12)],
)  # fmt: skip
def test_members_are_counted_right_after_editing(
    results: dict[str, Path], edit: str, members: int
) -> None:
    sheet = verdicts.values(results[edit])[FORM.main_table.title]
    status = str(sheet["A2"].value)
    assert (f"已填会员 {members} 人" in status) if members else ("还没有" in status)


@pytest.mark.parametrize("edit", ["insert and fill", "insert at the top and fill"])
def test_a_member_in_an_inserted_row_counts_for_the_unit(
    results: dict[str, Path], edit: str
) -> None:
    """会员总数 says 12, the sheet has 13: the workbook knows it as the pipeline does."""
    cell = f"C{UnitLayout(FORM.record).rows['members']}"
    assert ("error", "X111") in verdicts.shown(results[edit], FORM)["unit", cell]


@pytest.mark.parametrize(
    ("edit", "status"),
    [
        ("insert and fill", "（插入或贴入的 1 行也核对了）"),
        (
            "insert and fill with a short ID",
            "3 人有错误，第 8 行是插入或贴入的，错误：身份证号应为 18 位",
        ),
        ("insert one who stands below", "第 8 行是插入或贴入的，错误：身份证号和第 15 行的重复"),
        ("insert one twice", "第 15 行是插入或贴入的，错误：身份证号和第 8 行的重复"),
        ("insert two and fill", "第 8 行是插入或贴入的，待填：身份证号"),
        ("insert ten and fill", "还有插入或贴入的 4 行，检查时再核对"),
        ("write below the prepared rows", "第 44 行以下的 1 行，检查时再核对"),
        (
            "insert and write below",
            "第 8 行是插入或贴入的，待填：身份证号(K001)，第 45 行以下的 2 行，检查时再核对",
        ),
    ],
)
def test_the_status_line_names_the_rows_without_formulas(
    results: dict[str, Path], edit: str, status: str
) -> None:
    for sheet, cell in ((FORM.main_table.title, "A2"), (label(FORM, "guide_sheet"), "C7")):
        text = str(verdicts.values(results[edit])[sheet][cell].value)
        assert status in text
        assert label(FORM, "all_clear") not in text


def test_the_jump_leads_to_an_inserted_row_where_nothing_is_wrong(results: dict[str, Path]) -> None:
    layout = MemberLayout(FORM.main_table, 1)
    sheet = verdicts.values(results["insert into a sheet without a fault"])[FORM.main_table.title]
    target = sheet[layout.total("target").replace("$", "")].value
    assert target == f"#'{FORM.main_table.title}'!B7"


@pytest.mark.parametrize("edit", ["insert and fill", "write below the prepared rows"])
def test_rows_without_formulas_are_coloured(results: dict[str, Path], edit: str) -> None:
    """As it was saved: the format still covers the row."""
    sheet = verdicts.values(results[edit])[FORM.main_table.title]
    row = 8 if edit.startswith("insert") else 60
    blank = f"ISBLANK(${column_letters(MemberLayout(FORM.main_table, 1).helpers['', 'filled'])}"
    formats = [
        rule.formula[0]
        for area in sheet.conditional_formatting
        if f"B{row}" in area
        for rule in area.rules
    ]
    assert any(blank in formula for formula in formats)


def test_totals_and_signatures_are_no_members(results: dict[str, Path]) -> None:
    path = results["totals and a signature below"]
    output = verdicts.shown(path, FORM)
    assert (output["member", "G18"], output["member", "G20"]) == (set(), set())
    sheet = verdicts.values(path)[FORM.main_table.title]
    assert "已填会员 12 人" in str(sheet["A2"].value)


def test_the_jump_leads_to_the_first_fault(results: dict[str, Path]) -> None:
    for edit, row in (("nothing", FIRST + 2), ("delete", FIRST + 4)):
        sheet = verdicts.values(results[edit])[FORM.main_table.title]
        target = sheet[MemberLayout(FORM.main_table, 1).total("target").replace("$", "")].value
        assert target == f"#'{FORM.main_table.title}'!B{row}"
