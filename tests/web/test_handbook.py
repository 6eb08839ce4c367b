"""The handbook of the pages: every command in it runs, in its order, as it is written."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.commands import run
from tests.roster.test_reading import GOOD, filled
from tests.tools import needs
from tests.web.world import workbook

HANDBOOK = Path(__file__).parents[2] / "docs" / "portal.zh-CN.md"


def commands() -> list[list[str]]:
    blocks = re.findall(r"^```\n(.*?)^```", HANDBOOK.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("converter ")]


def started(folder: Path, arguments: list[str]) -> tuple[str, int]:
    """What a portal says until it serves, and how it ends when it is stopped."""
    if "--port" in arguments:
        at = arguments.index("--port")
        arguments = [*arguments[:at], *arguments[at + 2 :]]
    process = subprocess.Popen(
        [sys.executable, "-m", "converter", *arguments, "--port", "0"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8",
    )  # fmt: skip
    try:
        assert process.stdout
        output, found = "", None
        for line in process.stdout:
            output += line
            if found := re.search(r"(https?)://\S+?:([0-9]+)", line):
                break
        assert found, output
        process.send_signal(signal.SIGINT)
        return output, process.wait(timeout=60)
    finally:
        process.kill()


def certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "1", "-subj", "/CN=localhost", "-keyout", "证书.key", "-out", "证书.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


@needs("openssl")
def test_every_command_of_the_handbook_runs(tmp_path: Path) -> None:
    shutil.move(filled(tmp_path, GOOD), tmp_path / "名册.xlsx")
    certificate(tmp_path)
    (tmp_path / "密码.txt").write_text("示例口令 2026\n", encoding="utf-8")
    (tmp_path / "收件").mkdir()
    (tmp_path / "收件" / "表.xlsx").write_bytes(workbook(1))
    passwords, urls = [], []
    for arguments in commands():
        if arguments[0] == "portal":
            output, code = started(tmp_path, arguments)
            assert code == 0, (arguments, output)
            passwords += re.findall("登录口令：([A-Z0-9-]{14})", output)
            urls += re.findall(r"https?://\S+", output)
        else:
            done = run(*arguments, cwd=tmp_path)
            assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    # Shown at the first start and when a new one was asked for, and never else.
    assert len(passwords) == len(set(passwords)) == 2
    assert [url.split(":")[0] for url in urls] == ["http", "http", "https", "http", "http"]


def test_every_option_stands_in_the_handbook() -> None:
    from converter.cli.portal import portal

    text = HANDBOOK.read_text("utf-8")
    for option in portal.params:
        assert option.opts[0] in text, option.opts[0]
