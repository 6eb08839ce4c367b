"""Fields that follow from another field of the same record; each derivation has two faces.

`sex_of_id`, `birthday_of_id`: digits of an 18-character ID number (GB 11643-1999). Nothing follows
from a number of another shape, or one whose day no calendar has: a form may accept such numbers.
`threshold`: the code of the last step that a count reaches; steps = [[1, "1"], [2, "2"]].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from converter.kinds import KINDS
from converter.kinds.base import Kind, ValueType
from converter.logic.terms import ALWAYS, Formula, Sum, at_most, every, implies
from converter.model.arrays import np, pd
from converter.model.errors import option_error
from converter.model.forms import Derivation, Field, Form

if TYPE_CHECKING:
    from converter.rules.demands import Unknowns


@dataclass(frozen=True, slots=True)
class DerivationFaces:
    """How to derive: canonical source text → canonical text, and the same as a formula over
    the source's norm cell. Both see usable sources only. The formula yields a norm value."""

    pandas: Callable[[pd.Series, Derivation], pd.Series]
    excel: Callable[[str, Derivation], str]
    fits: Callable[[Kind], bool]  # whether it derives from a field of this kind
    source: str  # how a refusal calls what it derives from
    options: tuple[str, ...] = ()
    accept: Callable[[Derivation], None] = lambda derivation: None
    birthday: bool = False  # of the person whose number is the source
    demand: Callable[[Field, str, Unknowns], Formula] = lambda field, source, unknowns: ALWAYS


def _sex(source: pd.Series, derivation: Derivation) -> pd.Series:
    sexes = [_SEXES.get(text[_LENGTH - 2 :], "") for text in source.tolist()]
    return pd.Series(sexes, index=source.index, dtype=object)


_LENGTH = 18
# By the last two characters: of a shorter or longer number they are others, or more.
_SEXES = {
    digit + check: "1" if int(digit) % 2 else "2"
    for digit in "0123456789"
    for check in "0123456789X"
}


def _birthday(source: pd.Series, derivation: Derivation) -> pd.Series:
    days = _Days()  # one text a day: many members are born on each
    dates = [days[text[6:14]] if len(text) == _LENGTH else "" for text in source.tolist()]
    return pd.Series(dates, index=source.index, dtype=object)


class _Days(dict[str, str]):
    def __missing__(self, digits: str) -> str:
        found = self[digits] = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
        try:
            date.fromisoformat(found)
        except ValueError:
            found = self[digits] = ""
        return found


def _threshold(source: pd.Series, derivation: Derivation) -> pd.Series:
    numbers = pd.to_numeric(source)
    result = pd.Series("", index=source.index, dtype=object)
    for least, code in derivation.options["steps"]:
        result = result.mask(numbers >= least, code)
    return result


def _excel_sex(source: str, derivation: Derivation) -> str:
    return f'IF(MOD(VALUE(MID({source},17,1)),2)=1,"1","2")'


def _excel_birthday(source: str, derivation: Derivation) -> str:
    year, month, day = (f"VALUE(MID({source},{part}))" for part in ("7,4", "11,2", "13,2"))
    # DATE takes a year below 1900 for one of 1900 and later: such a birthday is the check's.
    return f'IF({year}<1900,"",DATE({year},{month},{day}))'


def _excel_threshold(source: str, derivation: Derivation) -> str:
    expression = '""'
    for least, code in derivation.options["steps"]:
        expression = f'IF({source}>={least},"{code}",{expression})'
    return expression


def _accept_steps(derivation: Derivation) -> None:
    steps = derivation.options.get("steps")
    if not isinstance(steps, list) or not all(
        isinstance(s, list) and len(s) == 2 and isinstance(s[0], int) and isinstance(s[1], str)
        for s in steps
    ):
        raise option_error("steps", "form_steps", steps)
    if sorted(steps) != steps:
        raise option_error("steps", "form_steps", steps)


def _steps_demand(field: Field, source: str, unknowns: Unknowns) -> Formula:
    """Nothing below the first step; from each on its code, up to the next."""
    assert field.derive
    steps = field.derive.options["steps"]
    value, filled = unknowns.value(source), unknowns.filled(field.path)
    reached = every((unknowns.filled(source), at_most(Sum({}, steps[0][0]), value)))
    found = [implies(reached, filled), implies(filled, reached)]
    for (least, code), (end, _) in zip(
        steps, [*steps[1:], (unknowns.limits(value)[1] + 1, "")], strict=True
    ):
        between = every((at_most(Sum({}, least), value), at_most(value + 1, end)))
        found.append(implies(between, unknowns.one_of(field.path, (code,))))
    return every(found)


def _counted(kind: Kind) -> bool:
    return kind.value_type is ValueType.COUNT


def _with_birth_and_sex(kind: Kind) -> bool:
    return kind.birth_and_sex


DERIVATIONS: dict[str, DerivationFaces] = {
    "sex_of_id": DerivationFaces(_sex, _excel_sex, _with_birth_and_sex, "id_number"),
    "birthday_of_id": DerivationFaces(
        _birthday,
        _excel_birthday,
        _with_birth_and_sex,
        "id_number",
        birthday=True,
        demand=lambda field, source, unknowns: at_most(unknowns.value(field.path), unknowns.today),
    ),
    "threshold": DerivationFaces(
        _threshold,
        _excel_threshold,
        _counted,
        "count",
        ("steps",),
        _accept_steps,
        demand=_steps_demand,
    ),
}


def accept(field: Field, form: Form) -> None:
    """Refuse a card. Raises FormError."""
    assert field.derive
    faces = DERIVATIONS.get(field.derive.by)
    if faces is None:
        raise option_error("by", "form_unknown_derivation", field.derive.by, DERIVATIONS)
    source = form.sheet(field.sheet).field(field.derive.source)
    if not faces.fits(KINDS[source.kind]):
        params = {"path": source.key, "kind": source.kind, "wanted": str(faces.source)}
        raise option_error("source", "form_field_kind", source.key, **params)
    for unknown in sorted(set(field.derive.options) - set(faces.options)):
        raise option_error(unknown, "form_unknown_key", unknown, ("by", "source", *faces.options))
    faces.accept(field.derive)


def is_birthday(field: Field, form: Form) -> bool:
    """Whether a derived field shows when the holder of a personal number was born."""
    if field.derive is None or not DERIVATIONS[field.derive.by].birthday:
        return False
    return KINDS[form.sheet(field.sheet).field(field.derive.source).kind].personal


def derive(field: Field, source: pd.Series) -> pd.Series:
    """Canonical text of a derived field; '' where the source text is ''."""
    assert field.derive
    filled = source.to_numpy(dtype=object) != ""
    result = np.full(len(source), "", dtype=object)
    if filled.any():
        derived = DERIVATIONS[field.derive.by].pandas(source[filled], field.derive)
        result[filled] = derived.to_numpy(dtype=object)
    return pd.Series(result, index=source.index, dtype=object)


def excel(field: Field, source_norm: str, source_usable: str) -> str:
    """Expression: the derived norm value, '' where the source is not usable."""
    assert field.derive
    inner = DERIVATIONS[field.derive.by].excel(source_norm, field.derive)
    return f'IF({source_usable},{inner},"")'
