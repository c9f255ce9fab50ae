"""Runs the program as a child process, tells what it does, and ends it when the user cancels."""

import json
import os
import queue
import subprocess
import threading

from qgis.core import QgsProcessingException

from .progress_log import ProgressLog

POLL_S = 0.1
GRACE_S = 3.0
"""How long the program may take to clean up after it was asked to stop."""


class Cancelled(Exception):
    """The user cancelled, and the program has ended."""


def run_program(command, feedback):
    """Runs a command that was given `--json --progress json`.

    Returns the object that it printed. Raises Cancelled, and QgsProcessingException with the program's own
    `CODE: message` line when it failed.
    """
    log = ProgressLog(feedback)
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            # Without this a console window flashes up.
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise QgsProcessingException(f"PROGRAM_NOT_STARTED: {command[0]} could not be started ({error})") from error
    answer = []
    lines = queue.Queue()
    readers = [
        start_thread(lambda: answer.append(child.stdout.read())),
        start_thread(lambda: [lines.put(line) for line in child.stderr]),
    ]
    try:
        while child.poll() is None or any(reader.is_alive() for reader in readers) or not lines.empty():
            if feedback.isCanceled():
                raise Cancelled()
            try:
                log.take(lines.get(timeout=POLL_S))
            except queue.Empty:
                continue
    finally:
        end_child(child)
        for reader in readers:
            reader.join()
        child.stdout.close()
        child.stderr.close()
        log.end()
    return read_answer(child.returncode, "".join(answer), log.last_words)


def start_thread(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def end_child(child):
    """Asks first: the program removes its unfinished files. Its engine ends with it in either case."""
    if child.poll() is not None:
        return
    if os.name == "posix":
        child.terminate()
        try:
            child.wait(GRACE_S)
            return
        except subprocess.TimeoutExpired:
            pass
    child.kill()
    child.wait()


def read_answer(status, stdout, last_words):
    """The object in the last line of stdout; an exception when there is none."""
    if status != 0:
        why = last_words[-1] if last_words else f"INTERNAL: the program ended with status {status} and said nothing"
        raise QgsProcessingException(why)
    lines = stdout.strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError) as error:
        raise QgsProcessingException(
            f"PROGRAM_UNKNOWN: the program printed {lines[-1:] or 'nothing'}, expected an answer as JSON; "
            "is it Think2Seg of version 0.1 or later?"
        ) from error
