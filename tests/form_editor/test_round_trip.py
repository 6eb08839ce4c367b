"""edit → build gives the same files, byte by byte; a change gives what a hand would have changed."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.form_editor.building import build
from converter.form_editor.rows import EditorRow, all_rows
from converter.form_editor.source_files import read_sources
from converter.form_editor.toml_text import literal
from converter.forms import loading
from converter.model.errors import FormError
from tests.form_editor.books import (
    FORMS,
    Edited,
    built,
    with_few_regions,
    without_regions,
    workbook,
)
from tests.forms.slips import SLIPS


@pytest.mark.parametrize("folder", FORMS, ids=lambda one: one.name)
def test_an_untouched_workbook_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    assert built(workbook(folder, tmp_path / "表单.xlsx")) == read_sources(folder)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda one: f"{one.file}-{one.key}-{one.message_key}")
def test_broken_cards_come_back_as_they_are(slip: object, tmp_path: Path) -> None:
    folder = with_few_regions(tmp_path / "form")
    slip.make(folder)  # type: ignore[attr-defined]
    try:
        sources = read_sources(folder)
    except FormError:
        return  # no TOML, no CSV: refused with the reason
    assert build(all_rows(sources), sources) == sources


STYLES = {
    "a mark and the line ends of Windows": lambda t: "\ufeff" + t.replace("\n", "\r\n"),
    "no end of the last line": lambda t: t.rstrip("\n"),
    "blank lines": lambda t: t.replace("\n\n", "\n\n\n"),
    "comments behind": lambda t: t.replace('kind = "count"', "kind = 'count' # a number"),
    "tables of their own": lambda t: t.replace(
        'derive = { by = "threshold", source = "legal_entities", steps = [[1, "1"], [2, "2"]] }\n',
        '[field.derive]\nby = "threshold"\nsource = "legal_entities"\nsteps = [[1, "1"], [2, "2"]]\n'
        "# the end\n",
    ).replace('note = "自动算出，不用填。"\n', ""),
    "dotted keys": lambda t: t.replace("\nkind = ", "\nlevels.K116 = 'note'\nkind = "),
    "long strings": lambda t: t.replace('"没有填 0。"', '"""\n没有填\n[[field]]\n0。"""'),
    "spaces": lambda t: t.replace('title = "', 'title   =    "').replace(
        "[[field]]", "[[ field ]]"
    ),
}


@pytest.mark.parametrize("style", STYLES)
def test_any_way_of_writing_is_kept(style: str, tmp_path: Path) -> None:
    folder = with_few_regions(tmp_path / "form")
    path = folder / "unit.toml"
    text = STYLES[style](path.read_text("utf-8"))
    path.write_bytes(text.encode())
    loading.load(folder)
    sources = read_sources(folder)
    rows = all_rows(sources)
    assert build(rows, sources) == sources
    changed = [
        replace(row, cells={**row.cells, "title": "新的名称"}) if row["key"] == "staff" else row
        for row in rows["fields"]
    ]
    made = build({**rows, "fields": changed}, sources)
    assert made["unit.toml"] == text.replace('"职工总数"', '"新的名称"', 1).encode()
    assert {name for name in sources if made[name] != sources[name]} == {"unit.toml"}


def test_cards_in_one_assignment_become_cards_when_changed(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FORMS[-1], tmp_path / "form"))
    path = folder / "rules.toml"
    rules = tomllib.loads(path.read_text("utf-8"))["rule"]
    path.write_text(f"# All of them.\nrule = {literal(rules)}\n", "utf-8")
    sources = read_sources(folder)
    rows = all_rows(sources)
    assert build(rows, sources) == sources
    rows["rules"] = [replace(row, cells={**row.cells, "fix": "请改"}) for row in rows["rules"]]
    made = build(rows, sources)["rules.toml"].decode()
    assert made.startswith("# All of them.\n\n[[rule]]\n")
    assert tomllib.loads(made)["rule"] == [{**rule, "fix": "请改"} for rule in rules]


# --- changes -------------------------------------------------------------------------------------

FENBIAO = read_sources(loading.form_dir("fenbiao"))
CARDS = FENBIAO["member.toml"].decode().split("[[field]]\n")
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))


def by_hand(cards: list[str]) -> bytes:
    """The file of members with these cards behind its head."""
    whole = [card.rstrip("\n") + "\n" for card in cards]
    return ("[[field]]\n".join([CARDS[0], "\n[[field]]\n".join(whole)])).encode()


@given(st.data())
def test_changes_are_what_a_hand_would_have_made(data: st.DataObject) -> None:
    rows = all_rows(FENBIAO)
    own = [row for row in rows["fields"] if row["@file"] == "member"]
    cards = CARDS[1:]
    pairs = list(zip(own, cards, strict=True))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(pairs) - 1))
        row, card = pairs[at]
        match data.draw(st.sampled_from(["note", "title", "required", "move", "remove", "add"])):
            case "note" | "title" as named if f"\n{named} = " in pairs[at][1]:
                key, text = str(named), data.draw(TEXTS.filter(str.strip))
                card = card.replace(f"{key} = {literal(row[key])}", f"{key} = {literal(text)}")
                pairs[at] = replace(row, cells={**row.cells, key: text}), card
            case "required" if "required = true" in card:
                pairs[at] = (
                    replace(row, cells={k: v for k, v in row.cells.items() if k != "required"}),
                    card.replace("required = true\n", ""),
                )
            case "move":
                pairs.insert(data.draw(st.integers(0, len(pairs) - 1)), pairs.pop(at))
            case "remove" if len(pairs) > 1:
                del pairs[at]
            case "add":
                key = f"new_{data.draw(st.integers(0, 10**9))}"
                cells = {
                    "@file": "member",
                    "key": key,
                    "title": "新",
                    "kind": "人数、个数",
                    "min": "1",
                }
                card = f'key = "{key}"\ntitle = "新"\nkind = "count"\nmin = 1\n'
                pairs.insert(at, (EditorRow(cells), card))
    others = [row for row in rows["fields"] if row["@file"] != "member"]
    made = build({**rows, "fields": [*others, *(row for row, _ in pairs)]}, FENBIAO)
    assert made["member.toml"] == by_hand([card for _, card in pairs])
    assert {name for name in FENBIAO if made[name] != FENBIAO[name]} <= {"member.toml"}


def edited(tmp_path: Path, form: str = "") -> Edited:
    own = tmp_path / "own"
    folder = with_few_regions(own, loading.form_dir(form)) if form else without_regions(own)
    return Edited(workbook(folder, tmp_path / "表单.xlsx"))


def test_a_field_goes_to_another_table_with_its_comments(tmp_path: Path) -> None:
    edit = edited(tmp_path, "shiming")
    edit.put("项目", edit.row("项目", "key", "household_place"), file="unit")
    made = built(edit.save())
    card = '[[field]]\n# One system asks it.\nkey = "household_place"\n'
    assert card in made["unit.toml"].decode()
    assert card not in made["member.toml"].decode()


def test_a_key_gets_another_name_and_keeps_its_card(tmp_path: Path) -> None:
    edit = edited(tmp_path)
    edit.put("项目", edit.row("项目", "key", "joined_on"), key="since")
    before = read_sources(tmp_path / "own")["member.toml"].decode()
    assert built(edit.save())["member.toml"].decode() == before.replace('"joined_on"', '"since"')


def test_comments_are_changed_where_they_stand(tmp_path: Path) -> None:
    edit = edited(tmp_path)
    row = edit.row("项目", "key", "joined_on")
    edit.put("项目", row, comments="New.\n" + edit.cell("项目", row, "@comments").value)
    edit.put("表", edit.row("表", "@file", "member"), comments="一人一行。")
    made = built(edit.save())["member.toml"].decode()
    assert '[[field]]\n# New.\nkey = "joined_on"\n' in made
    assert "taken without asking.\ndoubtful" in made
    assert made.startswith("# 一人一行。\n\n[sheet]")


def test_levels_lists_and_texts_of_the_form(tmp_path: Path) -> None:
    edit = edited(tmp_path)
    edit.put("表单", edit.row("表单", "@key", "levels"), value="K116 = 提示")
    edit.put("表单", edit.row("表单", "@key", "limits.rows"), value="600")
    edit.put("表单", edit.row("表单", "@key", "statistics.collection.jump"), value=None)
    edit.put("名单", edit.row("名单", "code", "A"), label="农业")
    edit.put("名单", edit.free("名单"), list="colour", code="01", label="红,白")
    made = built(edit.save())
    before = read_sources(tmp_path / "own")
    hand = (
        before["form.toml"].decode()
        .replace("[levels]\n", '[levels]\nK116 = "warning"\n')
        .replace("rows = 500 ", "rows = 600 ")
        .replace("jump = 30           # percent: a figure that changed by more since the last period is asked about\n", "")
    )  # fmt: skip
    assert made["form.toml"].decode() == hand
    industry = before["codes/industry.csv"].decode().replace("A,农、林、牧、渔业,", "A,农业,")
    assert made["codes/industry.csv"].decode() == industry
    assert made["codes/colour.csv"].decode() == 'code,label\n01,"红,白"\n'


def test_a_new_table_and_the_order_of_tables(tmp_path: Path) -> None:
    edit = edited(tmp_path, "fenbiao")
    sheet = edit.book["表"]
    edit.put(
        "表", edit.free("表"), file="group", sheet__title="工会小组", sheet__shape="一行一个",
        sheet__rows="小组", sheet__counter="个", headings__number="序号", headings__check="核对",
        headings__explanation="情况说明", headings__jump="下一处",
    )  # fmt: skip
    edit.put("项目", edit.free("项目"), file="group", key="name", title="组名", kind="文字")
    edit.put("上报文件", edit.free("上报文件"), name="groups", path="groups.csv", sheet="group")
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4, max_row=8)]
    for number, row in enumerate([rows[0], rows[4], *rows[1:4]], 4):
        for column, value in enumerate(row[1:], 2):
            sheet.cell(number, column).value = value
    made = built(edit.save())
    folder = tmp_path / "form"
    for name, data in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    form = loading.load(folder)
    assert [one.key for one in form.sheets] == ["unit", "group", "member", "cadre", "entity"]
    assert form.sheet("group").rows_name == "小组"


def test_a_table_gets_another_key(tmp_path: Path) -> None:
    edit = edited(tmp_path, "fenbiao")
    edit.put("表", edit.row("表", "@file", "cadre"), file="officer")
    for row in range(4, edit.free("项目")):
        if edit.cell("项目", row, "@file").value == "cadre":
            edit.put("项目", row, file="officer")
    made = built(edit.save())
    assert "cadre.toml" not in made
    assert made["officer.toml"] == FENBIAO["cadre.toml"]


def test_what_was_taken_away_besides_rows_stays(tmp_path: Path) -> None:
    """A sheet, a column, the hidden files: nothing is lost, nothing breaks."""
    folder = loading.form_dir("fenbiao")
    edit = Edited(workbook(folder, tmp_path / "表单.xlsx"))
    edit.book["项目"].delete_cols(edit.column("项目", "aliases"))
    del edit.book["填写说明"]
    assert built(edit.save()) == read_sources(folder)
    del edit.book["原文"]
    for name, data in built(edit.save()).items():
        if name.endswith(".toml") and name != "form.toml":
            values = tomllib.loads(FENBIAO[name].decode())
            for card in values.get("field", ()):
                card.pop("aliases", None)
            assert tomllib.loads(data.decode()) == values, name
