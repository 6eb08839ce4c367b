"""Which form a register is of, where nobody typed `--form`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from converter.usecases import form_choice


@pytest.mark.parametrize("state", form_choice.STATES)
@pytest.mark.parametrize(
    ("form", "named"), [("fenbiao", "fenbiao"), ("fourth", ""), ("fourth-roster", "")]
)
def test_a_register_or_what_it_published_names_its_form(
    tmp_path: Path, form: str, named: str, state: str
) -> None:
    (tmp_path / state).parent.mkdir(exist_ok=True)
    (tmp_path / state).write_text(json.dumps({"form": {"id": form}}, indent=1), "utf-8")
    assert form_choice.is_register(tmp_path)
    assert form_choice.named_form([tmp_path]) == named
    assert not form_choice.is_register(tmp_path / "other")
