"""The rule families by name: what cells owe each other.

Every module holds a subclass of `base.RuleFamily`; `conditions`, `ages`, `date_order`, `one_cell`
and `other_rows` are what several of them share, `expressions` is what `must_hold` reads,
`demands` is what a rule asks as a formula, `derivations` are fields that follow from others.
"""

from converter.kinds import is_personal
from converter.model.forms import Field, Form, sheet_of
from converter.rules import derivations
from converter.rules.advise_from import AdviseFrom
from converter.rules.age_at import AgeAt
from converter.rules.age_today import AgeToday
from converter.rules.agrees import Agrees
from converter.rules.at_most import AtMost
from converter.rules.base import RuleFamily
from converter.rules.belongs import Belongs
from converter.rules.blank_when import BlankWhen
from converter.rules.consecutive_days import ConsecutiveDays
from converter.rules.counts_rows import CountsRows
from converter.rules.found_in import FoundIn
from converter.rules.leave_blank import LeaveBlank
from converter.rules.must_hold import MustHold
from converter.rules.not_after import NotAfter
from converter.rules.not_before import NotBefore
from converter.rules.not_future import NotFuture
from converter.rules.not_in import NotIn
from converter.rules.required_when import RequiredWhen
from converter.rules.sums_rows import SumsRows
from converter.rules.together import Together
from converter.rules.unique import Unique
from converter.rules.within_years import WithinYears

_ALL: tuple[RuleFamily, ...] = (
    AdviseFrom(),
    AgeAt(),
    AgeToday(),
    Agrees(),
    AtMost(),
    Belongs(),
    BlankWhen(),
    ConsecutiveDays(),
    CountsRows(),
    FoundIn(),
    LeaveBlank(),
    MustHold(),
    NotAfter(),
    NotBefore(),
    NotFuture(),
    NotIn(),
    RequiredWhen(),
    SumsRows(),
    Together(),
    Unique(),
    WithinYears(),
)

FAMILIES: dict[str, RuleFamily] = {family.name: family for family in _ALL}


def never_after_today(form: Form, sheet: str) -> list[Field]:
    """The dates, months and years of a table that cannot lie after today, by a rule or because
    somebody was born then. Its formulas do not know today (see `RuleFamily.about_today`): the
    summary counts them."""
    ruled = {p for rule in form.rules if rule.family == NotFuture.name for p in rule.at}
    return [
        field
        for field in form.sheet(sheet)
        if field.path in ruled or derivations.is_birthday(field, form)
    ]


def birthdays(form: Form) -> frozenset[str]:
    """Paths of the fields that hold the birth date of somebody whose personal number stands on the
    same sheet: derived from the number, or called a birth date by a rule about ages."""
    sheets = {f.sheet for sheet in form.sheets for f in sheet if is_personal(f)}
    derived = {
        field.path
        for sheet in form.sheets
        for field in sheet
        if derivations.is_birthday(field, form)
    }
    born = {str(rule.options["born"]) for rule in form.rules if "born" in rule.options}
    return frozenset(derived | {path for path in born if sheet_of(path) in sheets})
