"""The rule families by name: what cells owe each other. Every module has the shape of
`base.Family`; `conditions` and `ages` are what several of them share."""

from converter.rules import (
    advise_from,
    age_at,
    age_today,
    agrees,
    at_most,
    belongs,
    blank_when,
    counts_rows,
    leave_blank,
    not_after,
    not_before,
    not_future,
    required_when,
    together,
    unique,
    within_years,
)
from converter.rules.base import Family

_ALL: tuple[Family, ...] = (
    advise_from,
    age_at,
    age_today,
    agrees,
    at_most,
    belongs,
    blank_when,
    counts_rows,
    leave_blank,
    not_after,
    not_before,
    not_future,
    required_when,
    together,
    unique,
    within_years,
)

FAMILIES: dict[str, Family] = {family.NAME: family for family in _ALL}
