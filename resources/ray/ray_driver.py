"""Gives the questions of a batch to a Ray cluster. Ray schedules, places, retries and recovers; nothing of that is done here.

Started by `think2seg batch --engine ray`. JSON lines on stdin and stdout:

    -> {"kind": "segment", "id": 1, "input": {...}}   as for `think2seg serve`
    -> {"kind": "cancel", "id": 1}
    <- {"kind": "ready", "slots": 16}                 how many questions can run at once
    <- {"kind": "done", "id": 1, "result": {...}}
    <- {"kind": "failed", "id": 1, "error": {"code": ..., "message": ...}}

A task runs in a Ray worker process, and each of those keeps one `think2seg serve`: models are loaded once for all its tasks. Tasks, not
actors: an actor whose node is gone waits for ever, a task runs elsewhere.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
from typing import TextIO

import ray

_served: dict[str, "Serve"] = {}
"""The server of this worker process, by the command that started it and the graphics cards that it sees."""


class ServeEndedError(Exception):
    """The server went away before it answered: the task is worth another try."""


class Serve:
    """A `think2seg serve` process."""

    def __init__(self, command: list[str], pack_sha256: str) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        ready = self._read()
        if ready.get("kind") != "ready":
            raise ServeEndedError(f"{command[0]} said {ready}, expected that it is ready")
        self.pack_sha256 = ready["pack"]["sha256"]
        self.is_same_pack = self.pack_sha256 == pack_sha256

    def segment(self, question: dict) -> dict:
        """The last reply to a question: done or failed."""
        self._process.stdin.write(json.dumps({"kind": "segment", "id": 1, "input": question}) + "\n")
        self._process.stdin.flush()
        while True:
            reply = self._read()
            if reply.get("id") == 1 and reply["kind"] in ("done", "failed"):
                return reply

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait()

    def _read(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise ServeEndedError(f"think2seg serve ended with status {self._process.wait()}")
        return json.loads(line)


def segment(command: list[str], pack_sha256: str, question: dict) -> dict:
    """The task: asks the server of this worker process, starts it when there is none."""
    key = json.dumps([command, os.environ.get("CUDA_VISIBLE_DEVICES")])
    try:
        serve = _served.get(key)
        if serve is None:
            # Ray gave this task another card than the last one: its models go where they belong.
            while _served:
                _served.popitem()[1].end()
            serve = _served[key] = Serve(command, pack_sha256)
        if not serve.is_same_pack:
            message = f"a node has pack {serve.pack_sha256}, expected {pack_sha256}; install the same pack on every node"
            return {"kind": "failed", "error": {"code": "PACK_DAMAGED", "message": message}}
        return serve.segment(question)
    except (ServeEndedError, BrokenPipeError) as error:
        _served.pop(key, None)
        raise ServeEndedError(str(error)) from error


class Driver:
    """Passes questions to tasks and their replies back."""

    def __init__(self, options: argparse.Namespace, replies: TextIO) -> None:
        self._replies = replies
        self._task = ray.remote(segment).options(
            num_cpus=options.task_cpus,
            num_gpus=options.task_gpus,
            max_retries=options.retries,
            retry_exceptions=[ServeEndedError],
        )
        self._command = json.loads(options.serve)
        self._pack_sha256 = options.pack_sha256
        self._refs: dict[int, ray.ObjectRef] = {}
        self._writing = threading.Lock()
        self._idle = threading.Condition()

    def send(self, message: dict) -> None:
        with self._writing:
            self._replies.write(json.dumps(message) + "\n")
            self._replies.flush()

    def run(self) -> None:
        for line in sys.stdin:
            request = json.loads(line)
            if request["kind"] == "cancel":
                self._cancel(request["id"])
            else:
                self._start(request["id"], request["input"])
        with self._idle:
            self._idle.wait_for(lambda: not self._refs)

    def _start(self, number: int, question: dict) -> None:
        ref = self._task.remote(self._command, self._pack_sha256, question)
        with self._idle:
            self._refs[number] = ref
        ref.future().add_done_callback(lambda future: self._finish(number, future))

    def _cancel(self, number: int) -> None:
        with self._idle:
            ref = self._refs.get(number)
        if ref is not None:
            ray.cancel(ref, force=True)

    def _finish(self, number: int, future) -> None:
        try:
            reply = {**future.result(), "id": number}
        except ray.exceptions.TaskCancelledError:
            reply = failure(number, "CANCELLED", "the task was cancelled")
        except Exception as error:
            # Whatever Ray gave up on: the batch records it and goes on.
            reply = failure(number, "ENGINE_CRASHED", f"Ray gave the task up: {type(error).__name__}: {first_line(error)}")
        self.send(reply)
        with self._idle:
            del self._refs[number]
            self._idle.notify_all()


def failure(number: int, code: str, message: str) -> dict:
    return {"kind": "failed", "id": number, "error": {"code": code, "message": message}}


def first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]


def slots(options: argparse.Namespace) -> int:
    """How many tasks the cluster can run at once."""
    resources = ray.cluster_resources()
    counts = [resources.get("CPU", 0) / options.task_cpus] if options.task_cpus > 0 else []
    counts += [resources.get("GPU", 0) / options.task_gpus] if options.task_gpus > 0 else []
    return max(1, int(min(counts))) if counts else 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--serve", required=True, help="command of the server, as a JSON list")
    parser.add_argument("--pack-sha256", required=True)
    parser.add_argument("--task-cpus", type=float, default=1)
    parser.add_argument("--task-gpus", type=float, default=0)
    parser.add_argument("--retries", type=int, default=8)
    options = parser.parse_args()
    # Ctrl-C in a terminal reaches this process too; the program that started it decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Ray reports trouble on stdout, which belongs to the replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    ray.init(address=options.address, log_to_driver=False, logging_level="ERROR")
    driver = Driver(options, replies)
    driver.send({"kind": "ready", "slots": slots(options)})
    driver.run()
    ray.shutdown()


if __name__ == "__main__":
    main()
