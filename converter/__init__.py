"""Spreadsheet-driven collection of basic-level trade union reports.

    load_form       the definition of a form
    read            a workbook or a report package → Submission
    check           submissions → what is wrong with each, and its records
    fix             what can be fixed with certainty, as a corrected copy
    write_package   a checked submission → report package
    open_package    a report package → its records, checked

docs/api.md shows them at work. Each is imported when it is first asked for: pandas takes a second.
"""

__version__ = "0.2.0"
__all__ = ["check", "fix", "load_form", "open_package", "read", "write_package"]

TYPE_CHECKING = False  # as that of `typing`, which every command would import for it
if TYPE_CHECKING:
    from converter.api import check, fix, load_form, open_package, read, write_package
else:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from converter import api

        return getattr(api, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
