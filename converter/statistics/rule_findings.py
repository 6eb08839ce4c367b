"""What a form's rules found in a collection: whether a rule is worth its trouble.

A rule that many units explain may be wrong; one whose findings are gone from what units sent later
was right. A unit counts once, however often it reported.
"""

from __future__ import annotations

from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.forms import Form, Rule
from converter.model.issues import Level
from converter.register.schema import COUNTS, RegisterTables
from converter.statistics.figure import Figure, Row, StatisticsTable, catalogue_columns

# By rule: units of which it found anything; how often in what each sent last, by level; units
# whose file counts and in which it no longer finds anything.
_SQL = f"""
WITH sent AS (
  SELECT s.id, s.unit, max(CAST({COUNTS} AS INTEGER)) OVER (PARTITION BY s.unit) = 1 AS counts,
    row_number() OVER (PARTITION BY s.unit ORDER BY {COUNTS} DESC, s.id DESC) = 1 AS is_last
  FROM submissions s
  WHERE s.period = $1 AND s.unit <> 0 AND s.state NOT IN ('identical', 'paired')
), by_unit AS (
  SELECT f.code, s.unit, bool_or(s.is_last) AS stays, bool_or(s.counts) AS counts,
    sum(f.count) FILTER (s.is_last AND f.level = 'error') AS errors,
    sum(f.count) FILTER (s.is_last AND f.level = 'warning') AS warnings,
    sum(f.count) FILTER (s.is_last AND f.level = 'note') AS notes
  FROM findings f JOIN sent s ON s.id = f.submission GROUP BY f.code, s.unit
)
SELECT code, count(*), coalesce(sum(errors), 0), coalesce(sum(warnings), 0),
  coalesce(sum(notes), 0), count(*) FILTER (counts AND NOT stays)
FROM by_unit GROUP BY code
"""
_Counts = tuple[int, int, int, int, int]  # units, errors, warnings, notes, withdrawn


def figure(register: RegisterTables, form: Form, period: str) -> Figure:
    """A row a rule of the form, in its order; those that found nothing are there as well."""
    found: dict[str, _Counts] = {
        str(code): (int(units), int(errors), int(warnings), int(notes), int(withdrawn))
        for code, units, errors, warnings, notes, withdrawn in register.query(_SQL, [period])
    }
    nothing = (0, 0, 0, 0, 0)
    rows = tuple(_row(rule, found.get(rule.code, nothing), form) for rule in form.rules)
    columns = catalogue_columns(
        "rules", "rule", "level", "units", "places", "explained", "withdrawn"
    )
    return Figure(StatisticsTable("rules", message("summary_rules", period=period), columns, rows))


def _row(rule: Rule, found: _Counts, form: Form) -> Row:
    units, errors, warnings, notes, withdrawn = found
    entry = catalogue.entry(rule.code, form)
    # What a reason excuses is one level milder than the rule.
    explained: int | str = ""
    if entry.beta:
        explained = notes
    elif entry.level is Level.ERROR and entry.explainable:
        explained = warnings
    level = message(f"report_{entry.level}")
    if catalogue.is_switched_off(rule.code, form):
        level = message("amended_off")
    elif entry.beta:
        level = message("rule_on_trial", level=level)
    name = f"{rule.code} {catalogue.heading(rule.code, form)}"
    places = errors + warnings + notes
    return (name, level, units, places, explained, withdrawn)
