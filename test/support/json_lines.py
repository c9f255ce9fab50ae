"""Answers one JSON line per JSON line on the standard streams (the other end is test/support/python.ts)."""

import json
import sys
import traceback
from collections.abc import Callable


def serve(handlers: dict[str, Callable[[dict], dict]]) -> None:
    """Call the handler named by the request's `op`; a failure is sent back as `error`.

    Replies keep the real stdout for themselves: whatever a library prints goes to stderr.
    """
    replies = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = handlers[request["op"]](request)
        except Exception:  # every failure belongs to the asking side
            reply = {"error": traceback.format_exc()}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
