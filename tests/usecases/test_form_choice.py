"""Which form a register is of, where nobody typed `--form`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from converter.usecases import form_choice


@pytest.mark.parametrize(
    ("form", "named", "unknown"),
    [("fenbiao", "fenbiao", ""), ("fourth", "", "fourth"), ("fourth-roster", "", "fourth")],
)
def test_a_register_of_a_form_nobody_installed_is_told(
    tmp_path: Path, form: str, named: str, unknown: str
) -> None:
    """Its figures would be counted by the program's own form, and nothing would say so."""
    state = tmp_path / form_choice.STATE
    state.parent.mkdir()
    (tmp_path / form_choice.REGISTER).touch()
    state.write_text(json.dumps({"form": {"id": form}}, indent=1), "utf-8")
    assert form_choice.named_form([tmp_path]) == named
    assert form_choice.unknown_form([tmp_path]) == unknown
    assert form_choice.unknown_form([tmp_path / "other"]) == ""
