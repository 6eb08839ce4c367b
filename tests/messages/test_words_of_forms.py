"""What the program says itself names no sheet and no rows of one form: these are its cards' words."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from converter.forms import loading

SOURCE = Path(__file__).parents[2] / "converter"
OF_UNIONS = ("入会", "转会", "女职工", "农民工")  # what not every form asks about
# What is read in other people's lists, and examples of what a maintainer may write.
WORDS_THAT_ARE_READ = {
    "half_sheet_words", "list_gone_words", "list_gone_after", "list_staying",
    "list_still_there", "suggest_lists_of_people",
}  # fmt: skip
EXAMPLES = {
    "editor_tables_sheet_rows", "editor_statistics_collection_rate", "editor_rates_label",
    "editor_collection_label",
}  # fmt: skip


@cache
def words() -> set[str]:
    found = set(OF_UNIONS)
    for form in map(loading.read, map(loading.form_dir, ("jiceng", "shiming", "fenbiao"))):
        found |= {table.rows_name for table in form.tables}
        found |= {sheet.title for sheet in form.sheets}
    return found


def texts(values: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a catalogue and its key; of a code its heading before it: K001.fix."""
    if isinstance(values, dict):
        for name, value in values.items():
            yield from texts(value, name if key in ("", "messages") else f"{key}.{name}")
    elif isinstance(values, list):
        for value in values:
            yield from texts(value, key)
    else:
        yield key, str(values)


def test_messages_have_the_words_of_no_form() -> None:
    named = {
        key
        for path in (SOURCE / "messages").glob("*.toml")
        for key, text in texts(tomllib.loads(path.read_text("utf-8")))
        if any(word in text for word in words())
    }
    assert named == WORDS_THAT_ARE_READ | EXAMPLES


def test_pages_have_the_words_of_no_form() -> None:
    pages = [*SOURCE.rglob("*.j2"), *(SOURCE / "web" / "static").glob("*.js")]
    assert len(pages) > 40
    found = [page.name for page in pages for word in words() if word in page.read_text("utf-8")]
    assert found == []
