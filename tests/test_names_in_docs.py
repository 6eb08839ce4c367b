"""What the pages name is there: files, folders, modules, and what they link to."""

from __future__ import annotations

import importlib
import re
from itertools import chain
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    chain(ROOT.glob("*.md"), ROOT.glob("docs/*.md"), ROOT.glob("samples/*.md")),
    key=lambda page: page.relative_to(ROOT).as_posix(),
)
# What a recipe has its reader write.
WRITTEN_BY_READERS = {"email.py", "test_email.py", "multiple_of.py", "counting.py", "about.html.j2"}
PLACES = ("converter", "tests", "docs", "benchmarks", "program", "windows", "samples", "templates")


def _files() -> set[str]:
    found = chain.from_iterable((ROOT / place).rglob("*") for place in PLACES)
    return {f"/{path.relative_to(ROOT).as_posix()}" for path in chain(found, ROOT.glob("*"))}


FILES = _files()


def _quoted(page: Path) -> list[str]:
    """What stands in backquotes outside blocks, without what follows a name: `a.py:f → numpy`."""
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [re.split(r"[: ]", found)[0] for found in re.findall(r"`([^`\n]+)`", text)]


def _is_path(name: str) -> bool:
    """Whether it is a path of the repository; `form.toml` and `inbox/` are anybody's."""
    if not re.fullmatch(r"[\w./-]+", name):
        return False
    return name.endswith((".py", ".j2")) or ("/" in name and name.split("/")[0] in PLACES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_in_backquotes_exist(page: Path) -> None:
    named = {name.rstrip("/") for name in _quoted(page) if _is_path(name)}
    wanted = {name for name in named if PurePosixPath(name).name not in WRITTEN_BY_READERS}
    assert not [n for n in sorted(wanted) if not any(file.endswith(f"/{n}") for file in FILES)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_and_what_they_hold_exist(page: Path) -> None:
    for name in _quoted(page):
        if re.fullmatch(r"converter(\.\w+)+", name):
            assert _importable(name), name


def _importable(name: str) -> bool:
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    files = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    assert not [link for link in files if not (page.parent / link).exists()]


def test_a_name_that_is_gone_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("`workbook/gone.py:f → numpy` [x](nowhere.md) `converter.gone.f`", "utf-8")
    for test in (
        test_paths_in_backquotes_exist,
        test_modules_and_what_they_hold_exist,
        test_links_to_files_lead_somewhere,
    ):
        with pytest.raises(AssertionError):
            test(page)
