"""Which Chromium has which feature, out of MDN's table of compatibility (CC0).

python -m tests.web.browser_features PATH/data.json     renews browser_features.json beside this
                                                        file (npm pack @mdn/browser-compat-data)
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_suffix(".json")
NEVER = 999
# What scripts use, by the name in the table. Patterns: what its use looks like.
SCRIPT = {
    r"\?\.(?![0-9])": "javascript.operators.optional_chaining",
    r"\?\?(?!=)": "javascript.operators.nullish_coalescing",
    r"\?\?=": "javascript.operators.nullish_coalescing_assignment",
    r"\|\|=": "javascript.operators.logical_or_assignment",
    r"&&=": "javascript.operators.logical_and_assignment",
    r"\.replaceAll\(": "javascript.builtins.String.replaceAll",
    r"\.at\(": "javascript.builtins.Array.at",
    r"\.replaceChildren\(": "api.Element.replaceChildren",
    r"Promise\.any": "javascript.builtins.Promise.any",
    r"Promise\.allSettled": "javascript.builtins.Promise.allSettled",
    r"Promise\.withResolvers": "javascript.builtins.Promise.withResolvers",
    r"\bstructuredClone\(": "api.structuredClone",
    r"Object\.hasOwn\(": "javascript.builtins.Object.hasOwn",
    r"Object\.groupBy\(": "javascript.builtins.Object.groupBy",
    r"Object\.fromEntries\(": "javascript.builtins.Object.fromEntries",
    r"\.flatMap\(": "javascript.builtins.Array.flatMap",
    r"crypto\.randomUUID": "api.Crypto.randomUUID",
    r"\.toSorted\(": "javascript.builtins.Array.toSorted",
    r"\.toReversed\(": "javascript.builtins.Array.toReversed",
    r"\.findLast\(": "javascript.builtins.Array.findLast",
    r"AbortSignal\.timeout": "api.AbortSignal.timeout_static",
    r"#[a-z]\w*\s*[=(;]": "javascript.classes.private_class_fields",
    r"\bstatic\s*\{": "javascript.classes.static.initialization_blocks",
    r"\.showPicker\(": "api.HTMLInputElement.showPicker",
    r"\.showModal\(|<dialog": "api.HTMLDialogElement.showModal",
    r"\.requestSubmit\(": "api.HTMLFormElement.requestSubmit",
    r"\.setHTML\(": "api.Element.setHTML",
    r"\bpopover\b": "api.HTMLElement.popover",
    r"\bimport\(": "javascript.operators.import",
    r"import\.meta": "javascript.operators.import_meta",
    r"\.sendBeacon\(": "api.Navigator.sendBeacon",
    r"\bfetch\(": "api.fetch",
    r"\bcatch\s*\{": "javascript.statements.try_catch.optional_catch_binding",
    r"\bDataTransfer\(": "api.DataTransfer.DataTransfer",
    r"\.closest\(": "api.Element.closest",
    r"\bURLSearchParams\(": "api.URLSearchParams.URLSearchParams",
    r"\.setCustomValidity\(": "api.HTMLInputElement.setCustomValidity",
}
FUNCTIONS = ("min", "max", "clamp", "color-mix", "oklch", "light-dark")  # of styles
WHOLE = ("css.properties", "css.selectors", "css.at-rules")  # parts of the table that are taken


def chrome(feature: Any) -> int:
    """Since which version, perhaps in part, without a flag or a prefix; NEVER where not."""
    support = feature.get("__compat", {}).get("support", {}).get("chrome", {})
    added = [
        int(found[0])
        for one in (support if isinstance(support, list) else [support])
        if not {"flags", "prefix", "alternative_name"} & set(one)
        and ("version_removed" not in one or "partial_implementation" in one)  # became whole
        and (found := re.findall(r"\d+", str(one.get("version_added"))))
    ]
    return min(added, default=NEVER)


def trimmed(data: Any) -> Iterator[tuple[str, int]]:
    for part in WHOLE:
        area, kind = part.split(".")
        for name, feature in data[area][kind].items():
            if not name.startswith("-"):
                yield f"{part}.{name}", chrome(feature)
    for function in FUNCTIONS:
        yield f"function.{function}", min(_functions(data["css"]["types"], function), default=NEVER)
    yield (
        "css.properties.gap.flex_context",
        chrome(data["css"]["properties"]["gap"]["flex_context"]),
    )
    for path in SCRIPT.values():
        feature = data
        for step in path.split("."):
            feature = feature[step]
        yield path, chrome(feature)


def _functions(types: Any, name: str) -> Iterator[int]:
    for key, feature in types.items():
        if key == name:
            yield chrome(feature)
        elif isinstance(feature, dict) and key != "__compat":
            yield from _functions(feature, name)


def main(path: str) -> None:
    data = json.loads(Path(path).read_bytes())
    source = f"@mdn/browser-compat-data {data['__meta']['version']}, CC0 1.0"
    table = {"source": source, "chrome": dict(sorted(trimmed(data)))}
    TABLE.write_text(json.dumps(table, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
