"""What a sheet comes to: how many faults, and a link to the first of them.

The figures stand in hidden cells beside the title; the status line and the guide show them.
COUNTIF and MATCH see only the texts of the 核对 column: pasted error values do not disturb them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from openpyxl.utils import get_column_letter

from converter.formulas import expressions
from converter.model.forms import Form
from converter.rules import never_after_today
from converter.rules.calendar_units import MONTH, unit_of
from converter.template import row_checks, stand_in_layout, style
from converter.template.labels import REQUIRED, VERDICT_END, label, phrase
from converter.template.layout import MemberLayout, TemplateLayout, quoted
from converter.template.style import CellStyle

# Always a link, so that no program takes the cell for a dead one: without a fault it leads
# to where filling in begins.
LINK = "HYPERLINK({target},{text})"

STATUS = CellStyle(size=11, colour=style.ACCENT, underline=True)


def unit_totals(layout: TemplateLayout) -> dict[str, str]:
    unit, form = layout.record, layout.form
    checks, total = unit.checks(), unit.total
    letter = get_column_letter(unit.ANSWER)
    error = label(form, "error")
    first = _first(checks, str(_open_row(layout)))
    counted = [
        ("missing", "missing"),
        ("unit_errors", "errors"),
        ("unit_warnings", "warnings"),
    ]
    return {
        "missing": f'COUNTIF({checks},"*({REQUIRED})*")',
        "errors": f'COUNTIF({checks},"*{error}*")-COUNTIF({checks},"*({REQUIRED})*{error}*")',
        "warnings": f'COUNTIF({checks},"?*")-{total("errors")}-{total("missing")}',
        "target": _target(unit.sheet.title, letter, first),
        "status": _status(form, [(key, total(name)) for key, name in counted]),
    }


def member_totals(member: MemberLayout, form: Form) -> dict[str, str]:
    # From the heading on; the heading itself is no message.
    checks, total = member.whole(member.check), member.total
    error = label(form, "error")
    letter = get_column_letter(member.columns[member.sheet.fields[0].key])
    rows = f"${get_column_letter(member.check)}${member.FIRST_ROW}:" + checks.split(":")[1]
    later = [
        f"MAX({is_one}*({later})*ROW({column}))" for column, is_one, later in _future(member, form)
    ]
    unchecked, faulty = total("unchecked"), total("faulty")

    def row_of(which: str) -> str:
        place = stand_in_layout.cell_of(member, stand_in_layout.PLACE, which)
        return f"{place}+{member.heading_row}-1"

    open_row = f"IF({unchecked}>0,{row_of('1')},{member.FIRST_ROW})"
    if later:
        open_row = f"IF({total('future')}>0,SUMPRODUCT(MAX({','.join(later)})),{open_row})"
    first = _first(rows, open_row, f"?*{VERDICT_END}")
    first = f"IF({faulty}>0,{row_of(faulty)},{first})"
    below = [member.below(column) for column in member.columns.values()]
    counts = ",".join(f"COUNTA({column})" for column in below)
    params = {"rows": member.sheet.rows_name, "counter": member.sheet.counter}
    verdict = stand_in_layout.cell_of(member, member.check, faulty)
    verdict = f'SUBSTITUTE({verdict},"{VERDICT_END}","")'
    further = f"MAX(0,{unchecked}-{stand_in_layout.COUNT})"
    last = f"ROW($A${member.last_row + 1})-1"
    status = _status(
        form,
        [
            ("row_missing", total("missing")),
            ("row_errors", total("errors")),
            ("row_warnings", total("warnings")),
            ("row_future", total("future")),
        ],
        params,
        {
            faulty: phrase(form, "stand_in", row=row_of(faulty), message=verdict),
            further: phrase(form, "unchecked", n=further),
            total("below"): phrase(form, "below", row=last, n=total("below")),
        },
    )
    separator = expressions.quote(label(form, "separator"))
    filled = phrase(form, "filled", params, n=total("filled"))
    fine = phrase(form, "stand_ins_fine", n=unchecked)
    helper = member.whole(member.helpers["", "filled"])

    others = stand_in_layout.column_of(member, member.check)

    def count(pattern: str) -> str:
        return "+".join(f'COUNTIF({area},"{pattern}{VERDICT_END}")' for area in (checks, others))

    odd = [
        _lacks(helper, member, 1),
        _lacks(checks, member),
        f"{total('foreign')}>0",
        # Neither blank nor texts: numbers that were pasted there, error values.
        f'COUNTBLANK({checks})+COUNTIF({checks},"?*")<{_count_of_rows(member)}',
    ]
    return {
        "errors": count(f"*{error}*"),
        "missing": "-".join(
            [
                f"({count(f'*({REQUIRED})*')})",
                f"({count(f'*({REQUIRED})*{error}*')})",
                f"({count(f'*{error}*({REQUIRED})*')})",
            ]
        ),
        "warnings": f"{count('?*')}-{total('errors')}-{total('missing')}",
        "target": _target(member.sheet.title, letter, first),
        "filled": f"SUM({member.whole(member.helpers['', 'filled'])})+{total('inserted')}",
        "beyond": f"SUM({counts})>0",
        "below": f"MAX({counts})",
        "inserted": _where(
            [_lacks(helper, member, 1)],
            f"SUMPRODUCT({row_checks.filled_rows(member)}*ISBLANK({helper}))",
        ),
        "foreign": _foreign(checks),
        "unchecked": _where(odd, f"SUMPRODUCT({row_checks.bare_rows(member)})"),
        "faulty": f'IFERROR(MATCH("?*{VERDICT_END}",{others},0),0)',
        # The one place that changes from day to day: no formula of a row depends on it.
        "today": "TODAY()",
        "future": "+".join(_future_counts(member, form)) or "0",
        # Counts from the heading. What only filled rows have is looked for in them alone.
        "last": f"SUMPRODUCT(MAX(1,({helper}=1)*(ROW({helper})-{member.heading_row}+1)))",
        "status": (
            f"IF({total('filled')}+{total('below')}=0,{phrase(form, 'nothing', params)},"
            f"{filled}&{separator}&{status}"
            f'&IF(AND({unchecked}>0,{faulty}=0,{further}=0),{fine},""))'
        ),
    }


def _status(
    form: Form,
    counted: list[tuple[str, str]],
    params: Mapping[str, str] = MappingProxyType({}),
    further: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Expression: what was found, in words. `further`: other figures, and the expression of what
    is shown where they are not 0."""
    separator = label(form, "separator")
    texts = [(n, phrase(form, key, params, n=n)) for key, n in counted] + [*further.items()]
    parts = "&".join(f'IF({n}>0,{expressions.quote(separator)}&{text},"")' for n, text in texts)
    total = "+".join(n for n, _ in texts)
    ending = f"{phrase(form, 'separator')}&{phrase(form, 'jump')}"
    found = f"MID({parts},{len(separator) + 1},32767)&{ending}"
    return f"IF({total}=0,{phrase(form, 'all_clear')},{found})"


def _first(checks: str, otherwise: str, message: str = "?*") -> str:
    """Expression: the sheet row of the first message."""
    start = checks.split(":")[0]
    found = f'MATCH("{message}",{checks},0)+ROW({start})-1'
    return f"IFERROR({found},{otherwise})"


def _target(sheet: str, letter: str, row: str) -> str:
    return f'"#{quoted(sheet)}{letter}"&{row}'


def _open_row(layout: TemplateLayout) -> int:
    return next(iter(layout.record.rows.values()))


def _where(conditions: list[str], found: str) -> str:
    """Expression: what is found where one of the conditions holds. Looking row by row is slow, so
    it is done only where there is something to find."""
    condition = conditions[0] if len(conditions) == 1 else f"OR({','.join(conditions)})"
    return f"IF({condition},{found},0)"


def _lacks(column: str, member: MemberLayout, headings: int = 0) -> str:
    """Expression: whether there are fewer formulas in a column than rows. `headings`: the rows
    counted that have none, the heading's above a helper column."""
    return f"COUNTA({column})<{_count_of_rows(member)}" + f"-{headings}" * bool(headings)


def _count_of_rows(member: MemberLayout) -> str:
    """Expression: how many rows a whole column has, with its heading."""
    return f"ROW($A${member.last_row + 1})-{member.heading_row}"


def _foreign(checks: str) -> str:
    """Expression: how many texts of 核对 are none of ours, and so no verdicts; its heading is one,
    too, which is left out. Where a program finds some without looking row by row (Gnumeric takes
    the asterisks for themselves), they are counted exactly."""
    exact = f"SUMPRODUCT(ISTEXT({checks})*(1-{row_checks.is_own(checks)}))"
    return f'IF(COUNTIFS({checks},"?*",{checks},"<>*{VERDICT_END}")>1,{exact}-1,0)'


def _future(member: MemberLayout, form: Form) -> Iterator[tuple[str, str, str]]:
    """The columns of what cannot lie after today; with each two expressions, see `excel_later`."""
    for field in never_after_today(form, member.sheet.key):
        column = member.whole(member.helpers[field.key, "norm"])
        yield column, *unit_of(field).excel_later(column, member.total("today"))


def _future_counts(member: MemberLayout, form: Form) -> Iterator[str]:
    for field in never_after_today(form, member.sheet.key):
        column, unit = member.whole(member.helpers[field.key, "norm"]), unit_of(field)
        filled = f"{column.split(':')[0]}:INDEX({column},{member.total('last')})"
        if unit is MONTH:  # COUNTIF would take the month for a date
            is_one, later = unit.excel_later(filled, member.total("today"))
            yield f"SUMPRODUCT(({is_one})*({later}))"
        else:
            yield f'COUNTIF({filled},">"&{unit.excel(member.total("today"))})'
