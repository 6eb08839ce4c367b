from __future__ import annotations

from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.report import terminal

from .conftest import FILE, ID, MEMBER, UNIT, id_issue, note, outcome, unreadable


def lines(form: Form, *outcomes: object, **options: object) -> list[str]:
    return terminal.render(outcomes, form, **options).splitlines()  # type: ignore[arg-type]


def test_diagnostic_is_the_three_lines_of_the_design(form: Form) -> None:
    assert lines(form, outcome(id_issue(17)))[:3] == [
        "错误[K112] 填报.xlsx 会员基本信息表!C17 身份证号：应为18位,实为17位",
        "  填写：1301********0",
        "  怎么改：对照证件补全;请先把该列设为“文本”",
    ]


def test_ids_are_shown_only_on_request(form: Form) -> None:
    checked = outcome(id_issue(17, ID, length=ID))
    assert ID not in terminal.render([checked], form)
    assert terminal.render([checked], form, show_ids=True).count(ID) == 2


def test_badly_typed_id_is_masked_in_the_sentence_too(form: Form) -> None:
    typed = "13010219#80-01/01 9905"
    assert "9905" not in terminal.render([outcome(id_issue(17, typed, length=typed))], form)


def test_blank_cell_has_no_line_of_what_was_typed(form: Form) -> None:
    issue = Issue("K401", Level.ERROR, Place(FILE, UNIT, 30, 2, "founded_on"))
    assert lines(form, outcome(issue))[:-1] == [
        "错误[K401] 填报.xlsx 基层单位信息表!B30 工会组建时间：读不懂"
    ]


def test_field_is_not_cut_off_a_sentence_that_needs_it(form: Form) -> None:
    place = Place(FILE, UNIT, 20, 2, "members")
    issue = Issue("X101", Level.WARNING, place, "35", {"value": 35, "limits": "职工总数(30)"})
    assert "会员总数：会员总数(35)大于职工总数(30)" in lines(form, outcome(issue))[0]


def test_file_without_cells_is_named_alone(form: Form) -> None:
    assert lines(form, unreadable()) == [
        "错误[F101] 坏.xlsx 这个文件其实是图片",
        "  怎么改：请另存为 .xlsx",
        "读不了 坏.xlsx",
    ]


def test_errors_come_before_warnings_and_follow_the_sheets(form: Form) -> None:
    warning = Issue("X101", Level.WARNING, Place(FILE, UNIT, 8, 2, "members"), "1", {})
    unit = Issue("K401", Level.ERROR, Place(FILE, UNIT, 30, 2, "founded_on"))
    text = terminal.render([outcome(warning, note(5), id_issue(3), unit)], form)
    places = [text.index(cell) for cell in ("B30", "C3", "B8", "D5")]
    assert places == sorted(places)


def test_renamed_sheet_keeps_its_turn(form: Form) -> None:
    unit = Issue("K401", Level.ERROR, Place(FILE, "Sheet1", 30, 2, "founded_on"))
    text = terminal.render([outcome(id_issue(3), unit)], form)
    assert text.index("Sheet1!B30") < text.index("C3")


def test_repeated_fault_is_told_three_times_then_counted(form: Form) -> None:
    issues = [id_issue(row) for row in (3, 5, 6, 7, 8, 9, 20)]
    text = terminal.render([outcome(*issues)], form)
    assert text.count("错误[K112]") == 3
    assert "  另有 4 处：C7:C9、C20\n" in text


def test_long_list_of_cells_ends_in_and_so_on(form: Form) -> None:
    text = terminal.render([outcome(*[id_issue(row) for row in range(3, 103, 2)])], form)
    assert "另有 47 处：C9、C11" in text
    assert "等" in text


def test_same_fault_of_two_files_is_not_lumped_together(form: Form) -> None:
    text = terminal.render([outcome(id_issue(3)), outcome(id_issue(3))], form)
    assert text.count("错误[K112]") == 2


def test_notes_are_counted_not_listed(form: Form) -> None:
    text = terminal.render([outcome(*[note(row) for row in range(3, 203)])], form)
    assert text.count("K902") == 1
    assert "共 200 处：D3:D202" in text
    assert "2010.5.1" not in text


def test_hostile_names_and_values_cannot_act_on_the_terminal(form: Form) -> None:
    place = Place("a\x1b[2J.xlsx", "表\u202e", 3, 3, "name")
    issue = Issue("K112", Level.ERROR, place, "x\ny\x07", {"length": "\x1b]0;"})
    text = terminal.render([outcome(issue, file=place.file)], form)
    assert not set(text) & set("\x1b\x07\u202e")
    assert "<U+000A>" in text


def test_long_value_is_cut_and_its_length_told(form: Form) -> None:
    issue = Issue("K112", Level.ERROR, Place(FILE, MEMBER, 3, 2, "name"), "长" * 500)
    shown = next(line for line in lines(form, outcome(issue), width=60) if "填写" in line)
    assert shown.endswith("…（共 500 字）")
    assert len(shown) < 60


def test_colours_only_when_asked(form: Form) -> None:
    assert "\x1b[31m错误[K112]\x1b[0m" in terminal.render([outcome(id_issue(3))], form, colour=True)
    assert "\x1b" not in terminal.render([outcome(id_issue(3))], form)


def test_last_line_tells_how_the_file_ended(form: Form) -> None:
    assert lines(form, outcome()) == ["通过 填报.xlsx 示例一厂工会委员会（会员 40 人）"]


def test_no_files_no_lines(form: Form) -> None:
    assert terminal.render([], form) == ""


def test_summary_counts_and_leads_to_the_annotated_copy(form: Form) -> None:
    text = terminal.summary([outcome(id_issue(3)), outcome(file="好.xlsx"), unreadable()], form)
    assert text.splitlines() == [
        "共 3 个文件：通过 1 个，有错误 1 个，读不了 1 个",
        "下一步：生成标出错误的表，照着改，运行 converter check 填报.xlsx --annotate 批注",
    ]


def test_clean_workbook_leads_to_convert(form: Form) -> None:
    text = terminal.summary([outcome(file="我 的.xlsx")], form)
    assert text.endswith('converter convert "我 的.xlsx" -o 上报.zip\n')


def test_several_clean_workbooks_go_to_a_folder(form: Form) -> None:
    text = terminal.summary([outcome(file="a.xlsx"), outcome(file="b.xlsx")], form)
    assert text.endswith("converter convert a.xlsx b.xlsx -o 上报\n")


def test_many_files_are_named_by_what_was_given(form: Form) -> None:
    many = [outcome(id_issue(3), file=f"收到/{n}.xlsx") for n in range(9)]
    assert "converter check 收到 --annotate" in terminal.summary(many, form, given=["收到"])


def test_annotated_copy_is_what_to_correct_next(form: Form) -> None:
    text = terminal.summary([outcome(id_issue(3))], form, annotated=["批注/填报-批注.xlsx"])
    assert text.endswith("再检查一遍，运行 converter check 批注/填报-批注.xlsx\n")


def explainable(level: Level, **params: str) -> Issue:
    place = Place(FILE, UNIT, 20, 2, "members")
    return Issue("X101", level, place, "35", {"value": 35, "limits": "职工总数(30)", **params})


def test_error_that_may_be_explained_says_so(form: Form) -> None:
    text = terminal.render([outcome(explainable(Level.ERROR))], form)
    assert "  怎么改：核对人数；情况属实的，在“情况说明”里写明原因\n" in text


def test_explained_warning_tells_the_reason_instead_of_a_remedy(form: Form) -> None:
    explained = explainable(Level.WARNING, reason=f"退休{ID}")
    text = terminal.render([outcome(explained)], form)
    assert "不用改，已写明原因：退休130102********05" in text
    assert "核对人数" not in text


def test_two_halves_are_both_named(form: Form) -> None:
    text = terminal.summary([outcome(file="单位.xlsx")], form, given=["单位.xlsx", "会员.xlsx"])
    assert text.endswith("converter convert 单位.xlsx 会员.xlsx -o 上报.zip\n")


def test_package_needs_no_next_step(form: Form) -> None:
    assert terminal.summary([outcome(file="上报.zip")], form) == "共 1 个文件：通过 1 个\n"


def test_unreadable_file_alone_has_no_command_that_would_help(form: Form) -> None:
    assert len(terminal.summary([unreadable()], form).splitlines()) == 1
