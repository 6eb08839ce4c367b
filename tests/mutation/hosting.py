"""Running mutated code: put into modules that are loaded already, or in their place at import."""

from __future__ import annotations

import functools
import gc
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from types import (
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any

MEMORY = 3 << 30  # bytes of address space for one mutant
KILLED_BY_SIGNAL = 50


def install(name: str, code: CodeType) -> None:
    """Give a loaded module, and all that has taken something from it, what mutated code makes.

    Functions keep their identity and get other code, so that whoever imported them runs it.
    """
    module = sys.modules[name]
    fresh = {"__name__": name, "__file__": module.__file__, "__builtins__": __builtins__}
    exec(code, fresh)
    others = [m for n, m in sys.modules.items() if n.startswith(("converter", "tests"))]
    for key, new in fresh.items():
        old = vars(module).get(key)
        if not key.startswith("__") and not isinstance(new, ModuleType):
            _replace(name, key, old, new, others)
    for other in others:
        for value in vars(other).values():
            if isinstance(value, functools._lru_cache_wrapper):
                value.cache_clear()


_DESCRIPTORS = (property, classmethod, staticmethod, MemberDescriptorType, GetSetDescriptorType)


def _replace(name: str, key: str, old: Any, new: Any, modules: list[ModuleType]) -> None:
    if isinstance(new, functools._lru_cache_wrapper) and new.__module__ == name:
        _patch(old.__wrapped__, new.__wrapped__)
    elif isinstance(new, FunctionType):
        if new.__module__ == name:
            _patch(old, new)
    elif isinstance(new, type):
        if new.__module__ == name:
            for member, value in vars(new).items():
                was = vars(old).get(member)
                if isinstance(value, property):
                    value, was = value.fget, was.fget
                if isinstance(value, FunctionType):
                    _patch(was, value)
                elif not member.startswith("__") and not isinstance(value, _DESCRIPTORS):
                    setattr(old, member, value)
    else:
        for module in modules:
            if module.__name__ == name or vars(module).get(key, new) is old:
                setattr(module, key, new)


def _patch(old: Any, new: Any) -> None:
    if isinstance(old, FunctionType) and old.__code__.co_freevars == new.__code__.co_freevars:
        old.__code__, old.__defaults__ = new.__code__, new.__defaults__


def import_mutated(file: str, code: CodeType) -> None:
    """Whoever imports this file from now on gets other code."""
    get_code = SourceFileLoader.get_code

    def other(loader: SourceFileLoader, name: str) -> CodeType | None:
        return code if loader.path == file else get_code(loader, name)

    SourceFileLoader.get_code = other  # type: ignore[method-assign, assignment]


def reported_with(name: str, code: CodeType, report: Callable[[], Any]) -> Any:
    """What a function says in a process where a module has other code; None where it raises."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            install(name, code)
            with os.fdopen(writing, "wb") as output:
                output.write(pickle.dumps(report()))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        reported = answer.read()
    os.waitpid(child, 0)
    return pickle.loads(reported) if reported else None


def forked(work: Callable[[], int], seconds: int) -> int:
    """What a child process makes of some work: its number, or one above 50 where it was stopped."""
    gc.freeze()  # what is there already need not be looked at, and copied, by the child
    child = os.fork()
    if not child:
        result = 98
        try:
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            signal.alarm(20 * seconds)  # it may wait for something
            result = work()
        finally:
            os._exit(result)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    return KILLED_BY_SIGNAL + os.WTERMSIG(status)
