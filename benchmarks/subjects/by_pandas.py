"""What a competent person writes in an afternoon: pandas reads the sheets with openpyxl, pandera
checks them, file by file. The form's main checks, vectorised, with the cell of each failure.

It knows the template's layout by heart and leaves out what this project does besides: the
pre-flight, other layouts, merged, hidden and uncalculated cells, derived fields, rules' reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.filling import FORM

HEADING_ROW = 4
FIRST_ROW = HEADING_ROW + 1
UNIT_SHEET, MEMBER_SHEET = FORM.record.title, FORM.main_table.title
NAMES = ["number", "name", "id_number", "joined_on", "sex", "birthday"]
LETTERS = dict(zip(NAMES, "ABCDEF", strict=True))
COUNTS = ["职工总数", "农民工人数", "女职工人数", "会员总数", "农民工会员数", "女职工会员数"]
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def in_process(paths: Sequence[str], warm: str) -> Iterator[dict[str, Any] | None]:
    """Check workbooks, one after the other."""
    import numpy as np
    import pandas as pd
    from pandera import errors
    from pandera.pandas import Check, Column, DataFrameSchema

    def checksum(column: Any) -> Any:
        fine = column.str.fullmatch("[0-9]{17}[0-9X]").fillna(False).astype(bool)
        digits = np.array([list(text[:17]) for text in column[fine]], dtype=np.int64)
        result = fine.copy()
        if len(digits):
            expected = np.array(list("10X98765432"))[digits @ np.array(WEIGHTS) % 11]
            result[fine] = expected == column[fine].str[17].to_numpy()
        return result

    member = DataFrameSchema(
        {
            "name": Column(
                str,
                [Check.str_length(1, 60), Check.str_matches(r"^[^0-9=+@?]+$")],
                nullable=False,
            ),
            "id_number": Column(
                str,
                [Check.str_length(18, 18), Check(checksum, name="checksum")],
                nullable=False,
                unique=True,
            ),
            "joined_on": Column(
                "datetime64[ns]",
                [Check.in_range(pd.Timestamp(1921, 1, 1), pd.Timestamp.today())],
                nullable=True,
            ),
        },
    )
    answers: dict[str, Any] = {
        title: Column(float, Check.ge(0), nullable=False, coerce=True) for title in COUNTS
    }
    answers["单位类别"] = Column(
        str, Check.isin([e.label for e in FORM.codes["unit_category"].entries])
    )
    answers["所属行业"] = Column(str, Check.isin([e.label for e in FORM.codes["industry"].entries]))
    answers["驻地邮政编码"] = Column(
        str, Check.str_matches("^[0-9]{6}$"), nullable=True, required=False
    )
    unit = DataFrameSchema(
        answers,
        checks=[
            Check(lambda t: t["女职工人数"] <= t["职工总数"], name="X103"),
            Check(lambda t: t["女职工会员数"] <= t["会员总数"], name="X105"),
        ],
    )

    def failures(schema: Any, table: Any) -> list[tuple[str, Any, Any, Any]]:
        try:
            schema.validate(table, lazy=True)
        except errors.SchemaErrors as found:
            cases = found.failure_cases
            columns = (cases["check"], cases["column"], cases["index"], cases["failure_case"])
            return list(zip(*columns, strict=True))
        return []

    def check(path: str) -> int:
        sheets = pd.read_excel(
            path,
            sheet_name=[UNIT_SHEET, MEMBER_SHEET],
            header=None,
            dtype=object,
            engine="openpyxl",
        )
        people = sheets[MEMBER_SHEET].iloc[HEADING_ROW:, : len(NAMES)].set_axis(NAMES, axis=1)
        people = people[people[["name", "id_number", "joined_on"]].notna().any(axis=1)]
        typed = people["joined_on"]
        joined = pd.to_datetime(typed, errors="coerce").astype("datetime64[ns]")
        born = pd.to_datetime(people["id_number"].str[6:14], format="%Y%m%d", errors="coerce")
        found = failures(member, people.assign(joined_on=joined))
        found += [
            ("date", "joined_on", i, typed[i]) for i in people.index[joined.isna() & typed.notna()]
        ]
        early = joined <= born
        found += [("X171", "joined_on", i, typed[i]) for i in people.index[early]]
        lines = sheets[UNIT_SHEET].iloc[3:, :2].dropna(subset=[0]).set_index(0)[1]
        lines.index = lines.index.str.rstrip("＊")
        found += failures(unit, lines.to_frame().T.reset_index(drop=True))
        women = (people["id_number"].str[16:17].isin(list("02468"))).sum()
        if lines["女职工会员数"] < women:
            found.append(("X112", "女职工会员数", 0, women))
        # Both tables count from 0, the first row of the sheet; every cell is given by address.
        cells = [
            (code, f"{LETTERS.get(str(column), '')}{index + 1}", value)
            for code, column, index, value in found
            if index is not None
        ]
        return len(cells)

    check(warm)
    yield None
    yield {"issues": sum(map(check, paths))}
