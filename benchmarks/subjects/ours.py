"""This project: the tasks that its workers run, the command around them, the whole process."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from benchmarks.memory import Watch
from converter.forms import loading
from converter.workers.requests.base import A, Request

Facts = dict[str, Any]
FORM_FOLDER = str(loading.form_dir())


def check(paths: Sequence[str], warm: str) -> Iterator[Facts | None]:
    """`tasks.check` as a worker runs it, in the command's batches: everything that is checked,
    each issue packed with its cell for the way back."""
    from converter.usecases.check import FILES_A_BATCH
    from converter.workers import process as worker
    from converter.workers import protocol
    from converter.workers.requests.check import CheckAnswer, CheckRequest
    from converter.workers.tasks.check import check

    worker.settle()

    def judged(batch: Sequence[str]) -> list[Any]:
        files = tuple((Path(path),) for path in batch)
        answer = check(CheckRequest(Path(FORM_FOLDER), files), lambda number: None)
        gc.collect()  # as a worker does after each
        received = protocol.frame(answer).read(CheckAnswer)
        return [submission.outcome for submission in received.submissions]

    judged([warm])
    yield None
    size = FILES_A_BATCH
    batches = (paths[a : a + size] for a in range(0, len(paths), size))
    outcomes = [outcome for batch in batches for outcome in judged(batch)]
    yield {
        "members": sum(outcome.members for outcome in outcomes),
        "issues": sum(len(outcome.issues) for outcome in outcomes),
        "issues_with_cell": sum(bool(p.cell) for o in outcomes for p in o.issues.places),
    }


class _Inside:
    """A worker that is this very process."""

    def run(self, request: Request[A]) -> A:
        from converter.workers import tasks

        answer: A = tasks.named(type(request).__name__)[1](request, lambda number: None)
        return answer


def convert(path: str, warm: str) -> Iterator[Facts | None]:
    """`convert` as the command does it: checked, packed, written, read back."""
    from converter.usecases.convert import convert_files

    def converted(source: str, target: Path) -> Any:
        folder, worker = Path(FORM_FOLDER), _Inside()
        return convert_files([Path(source)], folder, target, None, None, worker)[0]

    with tempfile.TemporaryDirectory() as folder:
        converted(warm, Path(folder, "warm.zip"))
        yield None
        done = converted(path, Path(folder, "report.zip"))
        yield {"members": done.outcome.members, "written": bool(done.package)}


def annotate(path: str, warm: str) -> Iterator[Facts | None]:
    """The annotated copy of a workbook that was read and judged before."""
    from converter import template, workbook
    from converter.files import writing
    from converter.model.clock import today
    from converter.report.annotate import annotated
    from converter.validation import checking

    definition = loading.load(Path(FORM_FOLDER))
    press = template.TemplateRenderer(definition)

    def judged(source: str) -> Any:
        return checking.check([workbook.read(Path(source), definition)], definition, today())[0]

    def mark(checked: Any, target: Path) -> None:
        file = checked.submission.file
        copy = annotated(press, checked.submission, checked.outcome, files={file: Path(file)})
        writing.write_many([(target, copy)])

    with tempfile.TemporaryDirectory() as folder:
        target, large = Path(folder, "annotated.xlsx"), judged(path)
        mark(judged(warm), target)
        yield None
        mark(large, target)
        yield {"issues": len(large.outcome.issues), "bytes": target.stat().st_size}


def templates(count: int, rows: int) -> Iterator[Facts | None]:
    """Personalised workbooks, made and not written."""
    yield from _press(count, rows, written=False)


def written_templates(count: int, rows: int) -> Iterator[Facts | None]:
    """Personalised workbooks, made and written as `template --identities` does."""
    yield from _press(count, rows, written=True)


def write_bytes(count: int, rows: int) -> Iterator[Facts | None]:
    """The same workbooks' bytes written, made before."""
    from converter.files import writing

    press = _press_of(rows)
    with tempfile.TemporaryDirectory() as folder:
        data = press(_stamp(0))
        yield None
        writing.write_many((Path(folder, f"{n:05}.xlsx"), data) for n in range(count))
        yield {"files": count, "bytes_each": len(data)}


def _press(count: int, rows: int, *, written: bool) -> Iterator[Facts | None]:
    from converter.files import writing

    press = _press_of(rows)
    with tempfile.TemporaryDirectory() as folder:
        yield None
        made = ((Path(folder, f"{n:05}.xlsx"), press(_stamp(n))) for n in range(count))
        if written:
            writing.write_many(made)
        else:
            assert all(data for _, data in made)
        yield {"files": count}


def _press_of(rows: int) -> Any:
    """A function from a stamp to its workbook's bytes, used once before."""
    from converter.template import TemplateRenderer

    press = TemplateRenderer(loading.load(Path(FORM_FOLDER)))
    press.blank(_stamp(0), rows=rows)
    return partial(press.blank, rows=rows)


@cache
def _definition() -> Any:
    return loading.load(Path(FORM_FOLDER))


def _stamp(number: int) -> Any:
    from converter.model.submissions import Stamp

    definition = _definition()
    return Stamp(
        definition.id, definition.version, f"130102-{number:05}", f"示例{number}号工会委员会",
        "130102", "示例县总工会", "2026", number + 1,
    )  # fmt: skip


# --- whole processes ---------------------------------------------------------------------


def command(arguments: Sequence[str], times: int = 1) -> Iterator[Facts | None]:
    """`converter …` as a clerk runs it, from nothing; its workers' memory watched."""
    yield from process([sys.executable, "-m", "converter", *arguments], times)


def python(arguments: Sequence[str], times: int = 1) -> Iterator[Facts | None]:
    """The interpreter with these arguments."""
    yield from process([sys.executable, *arguments], times)


def process(command_line: Sequence[str], times: int) -> Iterator[Facts | None]:
    environment = {**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1"}
    yield None
    facts: Facts = {}
    for _ in range(times):
        with subprocess.Popen(
            command_line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
        ) as child, Watch(child.pid) as watch:  # fmt: skip
            said = child.stderr.read() if child.stderr else b""
        if child.returncode not in (0, 1):
            raise RuntimeError(f"{command_line}: {child.returncode}\n{said.decode()}")
        facts = {"exit": child.returncode, **watch.facts}
    yield facts
