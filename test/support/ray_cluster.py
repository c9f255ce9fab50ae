"""A Ray cluster of three nodes on this machine, one CPU each, that can be hurt.

Prints {"address": ...} when it is up. Answers each line on stdin with one on stdout:
"kill-worker" kills a process that works on a task, "kill-node" takes a node away, "end" ends all.
"""

import json
import os
import signal
import sys
from pathlib import Path

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

from ray.cluster_utils import Cluster


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def working_processes() -> list[int]:
    """Processes of this cluster that work on a task: children of its raylets, which Ray names after the task."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            title = (entry / "cmdline").read_bytes().decode(errors="replace")
            parent = int(status_of(int(entry.name))["PPid"])
            if title.startswith("ray::segment") and int(status_of(parent)["PPid"]) == os.getpid():
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError, KeyError):
            continue  # it ended meanwhile
    return sorted(found)


def main() -> None:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 80_000_000})
    others = [cluster.add_node(num_cpus=1, object_store_memory=80_000_000) for _ in range(2)]
    cluster.wait_for_nodes()
    say({"address": cluster.address})
    for line in sys.stdin:
        order = line.strip()
        if order == "kill-worker":
            working = working_processes()
            if working:
                os.kill(working[0], signal.SIGKILL)
            say({"killed": working[:1]})
        elif order == "kill-node":
            cluster.remove_node(others.pop(), allow_graceful=False)
            say({"nodes": 1 + len(others)})
        else:
            break
    cluster.shutdown()


if __name__ == "__main__":
    main()
