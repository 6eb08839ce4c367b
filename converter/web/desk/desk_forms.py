"""The forms that the desk works with: the one that new forms are made of, and those that files
name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from converter.forms import installed, loading
from converter.model.forms import Form
from converter.usecases.form_choice import named_form
from converter.web.followed_form import FollowedForm, LoadedForm


class DeskForms:
    """By id. `current`: the form of what was worked on last; blank forms are of it, and lists of
    people, which name no form, are carried into it."""

    def __init__(self, name: str | None) -> None:
        """`name`: None for the program's default form. Raises UsageError, FormError, OSError."""
        first = FollowedForm(name)
        self._current = first.loaded.form.id
        self._known = {self._current: first}

    @property
    def current(self) -> LoadedForm:
        return self._known[self._current].loaded

    def follow(self) -> None:
        """Work with what is installed by now."""
        for followed in list(self._known.values()):
            followed.now()

    def of(self, paths: Sequence[Path]) -> LoadedForm:
        """The form that files name; the current one where they name none that is known, or not all
        the same. Raises UsageError, FormError, OSError."""
        return self.known(named_form(paths) or self._current)

    def known(self, form: str) -> LoadedForm:
        """A form by its id. Raises UsageError, FormError, OSError."""
        if form not in self._known:
            self._known[form] = FollowedForm(form)
        return self._known[form].loaded

    def use(self, form: str) -> None:
        """Make a form the current one. Raises UsageError, FormError, OSError."""
        self.known(form)
        self._current = form

    def others(self) -> list[Form]:
        """What else may be chosen: forms that files named, and those that were installed."""
        found = {*self._known, *installed.names()} - {self._current}
        return [self.known(form).form for form in sorted(found) if loading.title_of(form)]
