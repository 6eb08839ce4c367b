"""Which form a register is of: what of two forms lies in one register counts in neither.

The first `receive` says so (the table `form`), and every publication (`state.json`). A register of
which nothing was accepted yet can become another form's: a run that was started without `--form`
refuses every file, and what it refused is then read anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from converter.model.errors import RegisterOfOtherForm
from converter.model.forms import Form
from converter.register.precedence import REJECTED

if TYPE_CHECKING:
    from converter.register.schema import Connection

_HOLDS = (
    f"SELECT EXISTS (SELECT 1 FROM submissions WHERE result <> '{REJECTED}')"
    f" OR EXISTS (SELECT 1 FROM forwards WHERE state <> '{REJECTED}')"
)


def is_other(connection: Connection, form: Form, folder: Path, named: object) -> bool:
    """Whether a register, or what one published, is of another form. `named`: the form that the
    publication names; what the register itself says goes before. Raises RegisterOfOtherForm where
    something of that form was accepted."""
    rows = connection.execute("SELECT id, title FROM form").fetchall()
    return differs(
        connection, form, folder, dict(zip(("id", "title"), *rows, strict=True)) if rows else named
    )


def differs(connection: Connection, form: Form, folder: Path, named: object) -> bool:
    """The same of what names a form: its `id` and `title`."""
    if not isinstance(named, Mapping) or named.get("id", form.id) == form.id:
        return False
    if connection.execute(_HOLDS).fetchall() == [(True,)]:
        raise RegisterOfOtherForm(folder, form, str(named["id"]), str(named.get("title", "")))
    return True


def write(connection: Connection, form: Form) -> None:
    """What is accepted from now on is of this form."""
    connection.execute("DELETE FROM form")
    connection.execute("INSERT INTO form VALUES (?, ?)", [form.id, form.title])
