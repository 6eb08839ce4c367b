"""The rule families by name: what cells owe each other.

Every module holds one subclass of `base.RuleFamily`; `conditions`, `ages` and `one_cell` are what
several of them share, `derivations` are fields that follow from others.
"""

from converter.rules.advise_from import AdviseFrom
from converter.rules.age_at import AgeAt
from converter.rules.age_today import AgeToday
from converter.rules.agrees import Agrees
from converter.rules.at_most import AtMost
from converter.rules.base import RuleFamily
from converter.rules.belongs import Belongs
from converter.rules.blank_when import BlankWhen
from converter.rules.counts_rows import CountsRows
from converter.rules.leave_blank import LeaveBlank
from converter.rules.not_after import NotAfter
from converter.rules.not_before import NotBefore
from converter.rules.not_future import NotFuture
from converter.rules.required_when import RequiredWhen
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
    CountsRows(),
    LeaveBlank(),
    NotAfter(),
    NotBefore(),
    NotFuture(),
    RequiredWhen(),
    Together(),
    Unique(),
    WithinYears(),
)

FAMILIES: dict[str, RuleFamily] = {family.name: family for family in _ALL}
