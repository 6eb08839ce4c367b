"""The form that pages work with, for as long as they run: what is installed meanwhile is used."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from converter.forms import installed, loading
from converter.model.errors import ConverterError
from converter.model.forms import Form
from converter.web.pages import PageTemplates

logger = logging.getLogger("converter.web")


@dataclass(frozen=True)
class LoadedForm:
    """A form, and the pages that show it. Nothing in a folder of an installed form ever changes, so
    the folder alone tells a worker which form is meant."""

    folder: Path
    form: Form
    templates: PageTemplates

    @classmethod
    def of(cls, folder: Path) -> LoadedForm:
        """Raises FormError."""
        form = loading.read(folder)
        return cls(folder, form, PageTemplates.of(form))


class FollowedForm:
    """What a form's name, or its folder, stands for at the moment."""

    def __init__(self, name: str | None) -> None:
        """`name`: None for the program's default form. Raises UsageError, FormError, OSError."""
        self._name = name
        self.loaded = LoadedForm.of(self._folder())
        self._stamp: object = None  # the first call looks again: something may just be installed

    def _folder(self) -> Path:
        return loading.form_dir(self._name).resolve()

    def now(self) -> LoadedForm:
        """The form as it is installed now; the one before where that cannot be read."""
        stamp = installed.stamp(self.loaded.form.id)
        if stamp != self._stamp:
            try:
                folder = self._folder()
                if folder != self.loaded.folder:
                    self.loaded = LoadedForm.of(folder)
                    logger.info("form %s", folder.name)
                self._stamp = stamp
            except (ConverterError, OSError) as error:  # the pages go on; tried again next time
                logger.error("form: %s", type(error).__name__)
        return self.loaded
