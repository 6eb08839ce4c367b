"""The options of every kind and rule family as Markdown, for the maintainer's handbook.

Everything follows from the declared options and the message catalogue; `docs/build.py` puts it
between the marks of the handbook, and a test keeps it fresh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from converter.kinds import KINDS
from converter.kinds.options import HasOptions, Option, WholeNumber
from converter.messages.catalogue import family_title, message
from converter.rules import FAMILIES
from docs.reference_pages import markdown

START, END = "<!-- options -->", "<!-- /options -->"


def renewed(page: str) -> str:
    """A page with the block between its marks renewed. Raises ValueError without the marks."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"no {START} … {END}")
    return f"{before}{START}\n{block()}{END}{after}"


def block() -> str:
    """Both tables, kinds first."""
    kinds = {name: message(f"report_kind_{name}") for name in KINDS}
    families = {name: family_title(name) for name in FAMILIES}
    head = [message(f"options_column_{key}") for key in ("kind", "called", "example")]
    examples = [
        (f"`{name}`", kinds[name], kind.example or message("options_example_of_list"))
        for name, kind in KINDS.items()
    ]
    lines = [
        "",
        message("options_examples"),
        "",
        *markdown(head, examples),
        *_section("kind", KINDS, kinds, message("options_kinds")),
        *_section("family", FAMILIES, families, message("options_families")),
    ]
    return "\n".join(lines) + "\n"


def _section(
    column: str, declared: Mapping[str, HasOptions], labels: Mapping[str, str], lead: str
) -> Sequence[str]:
    columns = (column, "called", "option", "meaning", "holds", "default")
    head = [message(f"options_column_{key}") for key in columns]
    rows = [
        (f"`{name}`", labels[name], f"`{option.name}`", *_texts(name, option))
        for name, one in declared.items()
        for option in one.options().values()
    ]
    without = [f"`{n}`（{labels[n]}）" for n, one in declared.items() if not one.options()]
    return ["", lead, "", *markdown(head, rows), "", message("options_none") + "、".join(without)]


def _texts(name: str, option: Option[object]) -> tuple[str, str, str]:
    """What an option means, what may stand there, what holds without it."""
    least = option.least if isinstance(option, WholeNumber) else 0
    default = str(option.default) if isinstance(option, WholeNumber) else ""
    if option.required:
        default = message("options_required")
    elif not default or option.default is None:
        default = message("options_unset")
    return (
        message(f"option_{name}_{option.name}"),
        message(f"option_holds_{option.holds}", least=least),
        default,
    )
