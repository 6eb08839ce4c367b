"""The texts of `--help` are parsed a command at a time."""

from __future__ import annotations

import tomllib
from pathlib import Path

from converter.messages import help


def test_each_command_says_what_the_whole_file_says() -> None:
    file = Path(help.__file__).with_name("help.zh.toml")
    whole = tomllib.loads(file.read_text(encoding="utf-8"))
    assert help.commands() == list(whole["command"])
    for command, texts in whole["command"].items():
        assert help.of(command, "short") == str(texts["short"]).strip("\n")
        assert help.of(command, "long") == str(texts["long"]).strip("\n")
        for key, text in texts.get("options", {}).items():
            assert help.option(command, key) == text
    assert dict(help.groups()) == whole["groups"]
    assert help.text("usage") == whole["usage"]
