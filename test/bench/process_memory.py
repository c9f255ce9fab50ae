"""Runs a program and watches what its processes take: wall time, processor time, and the largest sum of their memory."""

import re
import resource
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

# Looking at all processes ten times a second takes a fifth of a core from what is measured.
SAMPLE_S = 0.5


@dataclass(frozen=True)
class Measured:
    """
    `peak_bytes`: proportional memory of the process and all its descendants, sampled every SAMPLE_S. `cpu_s`: of all that it waited for,
    which says more than the wall on a machine that others use.
    """

    status: int
    wall_s: float
    cpu_s: float
    peak_bytes: int
    output: str


def tree_of(root: int) -> list[int]:
    """Process ids of `root` and of all its descendants."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
    found, layer = [root], [root]
    while layer:
        layer = [pid for pid, parent in parents.items() if parent in layer]
        found += layer
    return found


def memory_bytes(pids: list[int]) -> int:
    """PSS: pages that several processes share count once."""
    total = 0
    for pid in pids:
        try:
            match = re.search(
                r"^Pss:\s+(\d+) kB",
                Path(f"/proc/{pid}/smaps_rollup").read_text(),
                re.MULTILINE,
            )
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        total += int(match[1]) * 1024 if match else 0
    return total


def cpu_of_children() -> float:
    """Seconds on all processors of the children that have ended, with their own children."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_measured(
    command: Sequence[str | Path],
    on_error_line: Callable[[float, str], None] | None = None,
    environment: dict[str, str] | None = None,
) -> Measured:
    """Runs `command` to its end. `on_error_line` gets every line of stderr with the seconds since the start; without it stderr is ours."""
    began, cpu_before = time.monotonic(), cpu_of_children()
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=None if on_error_line is None else subprocess.PIPE,
        text=True,
        env=environment,
    )
    peak = 0

    def watch() -> None:
        nonlocal peak
        while process.poll() is None:
            peak = max(peak, memory_bytes(tree_of(process.pid)))
            time.sleep(SAMPLE_S)

    def listen() -> None:
        for line in process.stderr:
            on_error_line(time.monotonic() - began, line.rstrip("\n"))

    helpers = [
        threading.Thread(target=watch),
        *([] if on_error_line is None else [threading.Thread(target=listen)]),
    ]
    for helper in helpers:
        helper.start()
    output = process.stdout.read()
    status = process.wait()
    wall_s = time.monotonic() - began
    for helper in helpers:
        helper.join()
    return Measured(status, wall_s, cpu_of_children() - cpu_before, peak, output)
