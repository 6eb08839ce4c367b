"""Outcomes as lines for a terminal.

A finding takes up to three lines (place and fault, what was typed, what to do). Of repeated
faults of one field a few are shown in full and the others by their cells. Notes are counted,
not listed. Nothing is printed here: `render` is the result (stdout), `summary` is for stderr.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.model.issues import Issues, Level, Place
from converter.model.submissions import Outcome
from converter.report import issue_text
from converter.report.issue_text import RenderedIssue
from converter.text import file_names
from converter.text.display import argument, columns, cut, visible

MISSING_SHEET, OTHER_FORM = "S001", "S011"
SHOWN = 3  # findings of a group that are shown in full
COMMON = 5  # faults that are listed of many files
NAMED = 3  # files that are named in the next command
VALUE_COLUMNS = 120  # of what was typed, where the width is unknown
_COLOURS = {Level.ERROR: "31", Level.WARNING: "33", Level.NOTE: "2"}
_STATUS_COLOURS = {"ok": "32", "warnings": "33", "errors": "31", "unreadable": "31"}

Paint = Callable[[str, str], str]


def render(
    outcomes: Iterable[Outcome],
    form: Form,
    *,
    show_ids: bool = False,
    colour: bool = False,
    width: int = 0,
) -> str:
    """All findings of all files, and a line a file that says how it ended. `width` is the
    terminal's (0: unknown, nothing is wrapped)."""
    paint = _painter(colour)
    blocks = [_file(o, form, show_ids, paint, width) for o in outcomes]
    return "\n".join(blocks) + "\n" if blocks else ""


def summary(
    outcomes: Sequence[Outcome],
    form: Form,
    *,
    given: Sequence[str] = (),
    annotated: Sequence[str] = (),
    colour: bool = False,
    width: int = 0,
    program: str = "converter",
) -> str:
    """How many files ended how, what is wrong with several, and the command to run next; it
    begins with `program`, '' where nobody could type it.

    `given` is what the command was called with: it stands for many files where their names would
    not fit. `annotated` are the copies that were just written.
    """
    paint = _painter(colour)
    totals = issue_text.count(outcomes)
    parts = [
        paint(
            message("report_part", status=message(f"report_status_{status}"), count=totals[status]),
            _STATUS_COLOURS[status],
        )
        for status in issue_text.STATUSES
        if totals[status]
    ]
    lines = [message("report_summary", files=totals["files"], parts="，".join(parts))]
    if totals["files"] > 1:
        lines += _common(outcomes, form, width)
    if program:
        following = _next(outcomes, form, given, annotated)
        lines += [message(key, command=f"{program} {command}") for key, command in following]
    return "\n".join(lines) + "\n"


def _common(outcomes: Sequence[Outcome], form: Form, width: int) -> list[str]:
    """The most widespread faults, where some are in several files."""
    table = issue_text.common(outcomes, form, COMMON)
    keys = [column.key for column in table.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in table.rows]
    lines = [message("report_common_line", **row) for row in rows if int(row["files"]) > 1]
    return [message("report_common_head"), *(cut(line, width) for line in lines)] if lines else []


def _next(
    outcomes: Sequence[Outcome], form: Form, given: Sequence[str], annotated: Sequence[str]
) -> list[tuple[str, str]]:
    """The annotated copy where errors stand in the way, convert where nothing does; nothing
    for packages and files that cannot be read: their remedies say what to do."""
    wrong = [o.file for o in outcomes if o.status == "errors" and not _is_package(o.file)]
    if wrong and len(outcomes) == 1 and len(given) < 2 and (list_next := _list(outcomes[0], form)):
        target = message("suggest_workbook_name")
        return [(list_next, f"template --from {_arguments(wrong, ())} -o {target}")]
    if wrong and annotated:
        if len(annotated) > NAMED:  # the officer sends them back, each to its unit
            return []
        return [("report_next_correct", f"check {_arguments(annotated, ())}")]
    if wrong:
        folder = message("report_annotate_folder")
        command = f"check {_arguments(wrong, given)} --annotate {folder}"
        return [("report_next_annotate", command)]
    right = [o.file for o in outcomes if o.readable and not _is_package(o.file)]
    if len(right) < len(outcomes) or not right:
        return []
    package = message("report_package_name")
    target = package if len(right) == 1 else package.rpartition(".")[0]  # many need a folder
    return [("report_next_convert", f"convert {_arguments(right, given)} -o {target}")]


def _list(outcome: Outcome, form: Form) -> str:
    """The message where a file's people belong in a workbook of this form: it is of another form,
    or it has no sheet of the unit, as a list of people has none, or one half of two."""
    codes = {head.code for head in outcome.issues.heads}
    if OTHER_FORM in codes:
        return "report_next_other_form"
    if MISSING_SHEET not in codes:
        return ""
    missing = (i for i in outcome.issues if i.code == MISSING_SHEET)
    is_list = any(issue.params.get("wanted") == form.record.title for issue in missing)
    return "report_next_list" if is_list else ""


def _arguments(files: Sequence[str], given: Sequence[str]) -> str:
    halves = len(given) > len(files)  # two workbooks that were one submission
    named = given if given and (halves or len(files) > NAMED) else files
    shown = " ".join(map(argument, named[:NAMED]))
    return shown if len(named) <= NAMED else f"{shown} …"


def _is_package(file: str) -> bool:
    return file_names.suffix(file) == ".zip"


def _painter(colour: bool) -> Paint:
    return (lambda text, code: f"\x1b[{code}m{text}\x1b[0m") if colour else (lambda text, _: text)


def _file(outcome: Outcome, form: Form, show_ids: bool, paint: Paint, width: int) -> str:
    lines: list[str] = []
    renderer = issue_text.IssueRenderer(form, show_ids=show_ids)
    for group in issue_text.grouped(issue_text.ordered(outcome, form), form):
        if len(group) > 1 and group[0].level is Level.NOTE:
            lines.append(_notes(group, renderer.render(group[0]), form, paint, width))
            continue
        if block := issue_text.in_one_block(group, renderer):
            lines.extend(diagnostic(block, paint, width))
            continue
        shown = group[:SHOWN]
        for one in map(renderer.render, shown):
            lines += diagnostic(one, paint, width, brief=one.level is Level.NOTE)
        rest = group[len(shown) :]
        if rest:
            places = issue_text.listed(rest.places)
            lines.append(cut(message("report_more", count=len(rest), cells=places), width))
    lines.append(_ending(outcome, form, paint))
    return "\n".join(lines)


def diagnostic(
    one: RenderedIssue, paint: Paint = lambda text, _: text, width: int = 0, *, brief: bool = False
) -> list[str]:
    """The lines of one finding; `brief` leaves out what was typed and what to do."""
    head = f"{_head(one, paint)}{visible(issue_text.titled(one))}"
    lines = [head]
    if one.value and not brief:
        lines.append(message("report_value", value=_value(one.value, width)))
    if one.fix and not brief:
        lines.append(message("report_fix", fix=visible(one.fix)))
    return lines


def _head(one: RenderedIssue, paint: Paint) -> str:
    label = paint(f"{message(f'report_{one.level}')}[{one.code}]", _COLOURS[one.level])
    parts = [label, visible(one.place.file), address(one.place)]
    return " ".join(part for part in parts if part) + " "


def address(place: Place) -> str:
    """Sheet and cell as a spreadsheet writes them: 会员基本信息表!C17."""
    return "!".join(part for part in (visible(place.sheet), place.cell) if part)


def _value(value: str, width: int) -> str:
    shown = visible(value)
    room = max(width - columns(message("report_value", value="")), 20) if width else VALUE_COLUMNS
    if columns(shown) <= room:
        return shown
    tail = columns(message("report_long_value", value="", length=len(value)))
    return message("report_long_value", value=cut(shown, max(room - tail, 10)), length=len(value))


def _notes(group: Issues, one: RenderedIssue, form: Form, paint: Paint, width: int) -> str:
    title = catalogue.entry(one.code, form).title
    text = message(
        "report_notes",
        title=title,
        count=len(group),
        cells=issue_text.listed(group.places),
    )
    parts = [
        paint(f"{message(f'report_{one.level}')}[{one.code}]", _COLOURS[one.level]),
        visible(one.place.file),
        visible(one.place.sheet),
        f"{one.title}：{text}" if one.title else text,
    ]
    return " ".join(part for part in parts if part)


def _ending(outcome: Outcome, form: Form, paint: Paint) -> str:
    status = paint(message(f"report_status_{outcome.status}"), _STATUS_COLOURS[outcome.status])
    name = visible(outcome.unit_name)
    rows = catalogue.rows_counted(form.main_table, outcome.members)
    if name and outcome.members:
        unit = message("report_unit_members", name=name, rows=rows)
    elif name:
        unit = message("report_unit", name=name)
    else:
        unit = message("report_members", rows=rows) if outcome.members else ""
    return message("report_file", status=status, file=visible(outcome.file), unit=unit)
