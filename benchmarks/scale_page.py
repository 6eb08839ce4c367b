"""docs/scale.md from docs/scale.json: what was measured, and what follows for a province and for
the country."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PROVINCE, COUNTRY = (200_000, 10_000_000), (2_800_000, 300_000_000)
CORES = (2, 8, 64)
QUERIES = ("duplicates", "all_findings", "statistics", "publish")
REAL = 3  # times the bytes: what is invented compresses better than what people write


def page(kept: dict[str, Any]) -> str:
    """The page. `kept` is what `benchmarks.scale` measured."""
    got, asked, pools = kept["receive"], kept["register"], kept["check"]
    above, known = kept["province"], kept["memory"]
    few, share = kept["province_overlapping"], kept["share"]
    alone, parts = kept["command"], kept["partitions"]
    times = 100_000_000 / parts["members"]
    merge, counted = above["merge"], above["statistics"]
    first, last = got["steps"][0], got["steps"][-1]
    files = last["files"] - first["files"]
    worker = (last["workers_s"] - first["workers_s"]) / files
    command = (last["command_s"] - first["command_s"]) / files
    per_step = [
        after["workers_s"] + after["command_s"] - before["workers_s"] - before["command_s"]
        for before, after in zip(got["steps"], got["steps"][1:], strict=False)
    ]
    each = got["megabytes_in"] / got["units"] * 1e6
    member = asked["register_megabytes"] / asked["members"] * 1e6 * REAL
    seen = asked["published_megabytes"] / asked["members"] * 1e6 * REAL
    overhead = total(pools["cluster"]) / total(pools["two"]) - 1

    def row(title: str, count: tuple[int, int]) -> str:
        units, members = count
        hours = [max(units * worker / (n - 1), units * command) / 3600 for n in CORES]
        cells = [
            f"{units * worker / 3600:.2g}",
            f"{units * command / 3600:.2g}",
            *(f"{h * 60:.0f} min" if h < 2 else f"{h:.1f} h" for h in hours),
            f"{units * each / 1e9:.0f}",
            f"{members * member / 1e9:.2g}",
            f"{members * seen / 1e9:.2g}",
        ]
        return f"| {title}: {units:,} units, {members:,} members | " + " | ".join(cells) + " |"

    def asked_of(found: dict[str, Any]) -> str:
        return f"{found['cpu_s']:.1f} s, {found['peak_mib']} MiB"

    template = Path(__file__).with_suffix(".md").read_text("utf-8")
    return template.format(
        measured=got["measured"],
        machine=kept["machine"],
        files=f"{got['units']:,}",
        members=f"{got['members']:,}",
        members_each=got["members"] // got["units"],
        kilobytes=round(each / 1000),
        worker=f"{worker * 1000:.1f}",
        command=f"{command * 1000:.1f}",
        cheapest=f"{min(per_step):.1f}",
        dearest=f"{max(per_step):.1f}",
        worker_peak=got["worker_peak_mib"],
        command_peak=got["command_peak_mib"],
        register_members=f"{asked['members']:,}",
        register_units=f"{asked['units']:,}",
        **{name: asked_of(asked[name]) for name in QUERIES},
        checked=f"{pools['units']:,}",
        **{name: f"{total(pools[name]):.0f}" for name in ("one", "two", "cluster")},
        overhead=f"{overhead:.0%}",
        share=f"{pools['two']['command_s'] / total(pools['two']):.0%}",
        cores=" | ".join(f"{count} cores" for count in CORES),
        rules="---|" * len(CORES),
        province=row("a province", PROVINCE),
        country=row("the country", COUNTRY),
        most_cores=round(worker / command),
        real=REAL,
        forwards=above["forwards"],
        forwarded_members=f"{above['members']:,}",
        forwarded_on=above["measured"],
        forward=f"{above['forward_s']:.1f}",
        merge=f"{merge['cpu_s'] + merge['workers_s']:.0f}",
        merge_peak=merge["peak_mib"],
        merge_worker_peak=merge["worker_peak_mib"],
        counted=f"{counted['cpu_s']:.0f} s, {counted['peak_mib']} MiB",
        few_merge=f"{few['merge']['cpu_s'] + few['merge']['workers_s']:.0f}",
        few_findings=f"{few['merge']['findings']:,}",
        few_counted=f"{few['statistics']['cpu_s']:.0f}",
        part_members=f"{parts['members']:,}",
        part_registers=parts["members"] // 1_000_000,
        part_on=parts["measured"],
        part_twice=asked_of(parts["duplicates"]),
        part_counted=asked_of(parts["counted"]),
        reckoned_twice=f"{times * parts['duplicates']['cpu_s']:.0f}",
        reckoned_counted=f"{times * parts['counted']['cpu_s']:.0f}",
        runners=alone["runners"],
        share_files=f"{alone['units']:,}",
        share_on=alone["measured"],
        share_ms=f"{alone['ms_a_file']:.2f}",
        share_hashing=f"{alone['of_that_hashing']:.2f}",
        share_worker=f"{alone['worker_ms_a_file']:.1f}",
        share_fed=f"{alone['workers_fed']:.0f}",
        share_a_minute=f"{alone['files_a_minute']:,}",
        register_before=f"{share['register_before_ms']:.1f}",
        register_after=f"{share['register_after_ms']:.1f}",
        known_peak=known["full"]["peak_mib"],
        known_units=f"{known['units']:,}",
        known_on=known["measured"],
    )


def total(pool: dict[str, float]) -> float:
    """Processor seconds of everybody."""
    return pool["command_s"] + pool["workers_s"]
