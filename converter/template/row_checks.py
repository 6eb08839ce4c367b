"""The formulas of a table's row: from each field's helper cells to what 核对 says."""

from __future__ import annotations

from converter.formulas.expressions import array, both, first_of, quote
from converter.kinds import KINDS
from converter.model.forms import Field, Form
from converter.rules.base import Refs
from converter.template.formulas import FieldFormulas
from converter.template.labels import VERDICT_END
from converter.template.layout import LAST_SHEET_ROW, MemberLayout

LONG_NUMBER = 12  # digits: a number that could be a member's, as `workbook` counts them


def formulas_of(form: Form, member: MemberLayout, refs: Refs) -> dict[int, str]:
    """The formulas of a row, by column."""
    formulas = FieldFormulas(form, member, refs)
    explained = member.explained()
    found = {}
    messages, typed, present = [], [], []
    for field in member.sheet:
        own = formulas.messages(field, f"{member.filled}=1", explained)
        cells = {"norm": formulas.norm(field), "messages": own}
        if field.derive:
            found[member.columns[field.key]] = formulas.shown(field)
        else:
            cells |= {"text": formulas.text(field), "fault": formulas.fault(field, explained)}
        found |= {member.helpers[field.key, part]: cells[part] for part in member.parts(field)}
        has_cell = member.has(field.key, "messages")
        messages.append(member.helper(field.key, "messages") if has_cell else own)
        typed += [] if field.derive else messages[-1:]
        present.append(_present(field, member))
    filled = f"IF(OR({','.join(present)}),1,0)"
    if member.sheet.remarks:
        filled = f"IF({_remark(member)},0,{filled})"
    found[member.helpers["", "filled"]] = filled
    found[member.check] = formulas.verdict(messages, typed, explained, VERDICT_END)
    return found


def _present(field: Field, member: MemberLayout) -> str:
    """Expression: TRUE where something stands in a field's cell."""
    if field.derive:
        raw = member.raw(field.key)
        return f"IF(ISERROR({raw}),TRUE,LEN({raw})>0)"
    norm = member.helper(field.key, "norm")
    if not member.has(field.key, "fault"):
        raw = member.raw(field.key)
        return f'{norm}<>"",ISERROR({raw}),ISLOGICAL({raw})'
    return f'{norm}<>"",{member.helper(field.key, "fault")}<>""'


def _start(member: MemberLayout) -> str:
    """Expression: the first text of a row, its own number column included."""
    raws = [member.number, *(member.raw(field.key) for field in member.sheet if not field.derive)]
    return first_of((f"IF(ISTEXT({raw}),LEN(TRIM({raw}))>0,FALSE)", f"TRIM({raw})") for raw in raws)


def _remark(member: MemberLayout) -> str:
    """Expression: TRUE for a row of totals or a signature, which is no member: it begins as the
    form says, and no ID number stands in it."""
    start, remarks = _start(member), member.sheet.remarks
    lengths = "{" + ",".join(str(len(word)) for word in remarks) + "}"
    begins = f"SUMPRODUCT(--EXACT(LEFT({start},{lengths}),{array(remarks)}))>0"
    short = [
        f"LEN({member.helper(field.key, 'norm')})<{LONG_NUMBER}"
        for field in member.sheet
        if KINDS[field.kind].unique_key
    ]
    return both([begins, *short])


def is_own(check: str) -> str:
    """Expression, also over a column: whether 核对 holds a verdict of ours."""
    return f"ISNUMBER(FIND({quote(VERDICT_END)},{check}))"


def filled_rows(member: MemberLayout) -> str:
    """Expression, a number a row of a table, the heading's included: 1 where something stands in
    it, formulas included."""
    typed = "+".join(f"(1-ISBLANK({member.whole(c)}))" for c in member.columns.values())
    below_heading = f"(ROW({member.whole(member.NUMBER)})>{member.heading_row})"
    return f"(({typed})>0)*{below_heading}"


def bare_rows(member: MemberLayout) -> str:
    """Expression, a number a row of a table: 1 where something stands in it that 核对 says nothing
    of, since its formulas are missing."""
    helper, checks = member.whole(member.helpers["", "filled"]), member.whole(member.check)
    bare = f"(ISBLANK({helper})+ISBLANK({checks})+(1-{is_own(checks)}))>0"
    return f"{filled_rows(member)}*({bare})"


def nth_bare_row(member: MemberLayout, n: str) -> str:
    """Expression: such a row, counted from the heading; 0 where there are fewer."""
    places = f"ROW({member.whole(member.NUMBER)})-{member.heading_row}+1"
    found = f"SUMPRODUCT(SMALL({places}+{LAST_SHEET_ROW}*(1-{bare_rows(member)}),{n}))"
    return f"IF({member.total('unchecked')}<{n},0,{found})"
