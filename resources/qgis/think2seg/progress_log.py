"""Shows what the program tells on stderr in the Processing log and in the progress bar."""

import json
import re

STAGES = {
    "reading": (0, "Reading the raster"),
    "loading": (3, "Loading models"),
    "seeing": (8, "Seeing"),
    "thinking": (15, "Thinking"),
    "placing": (39, "Placing prompts"),
    "segmenting": (40, "Segmenting"),
    "outlining": (92, "Outlining"),
    "writing": (96, "Writing"),
}
"""Where in the bar (percent) a stage begins, in their order, and its name. How long one takes depends on pack and machine."""

STARTS = [start for start, _ in STAGES.values()] + [100]

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n")
TAG = re.compile(r"</?think>")
ANSWER_TAG = "<answer>"


class ProgressLog:
    """Takes the lines of stderr one by one."""

    def __init__(self, feedback):
        self._feedback = feedback
        self._stage = None
        self._percent = 0.0
        self._thought = ""
        self._answers = False
        self.last_words = []
        """Lines that are no progress: the error, if there is one."""

    def take(self, line):
        event = parse_event(line)
        if event is None:
            if line.strip():
                self.last_words.append(line.strip())
            return
        self._show_stage(event)
        if "note" in event:
            self._feedback.pushInfo(event["note"])
        if "text" in event and not self._answers:
            self._take_thought(event["text"])

    def end(self):
        """Shows the rest of an unfinished sentence."""
        self._show_sentence(self._thought)
        self._thought = ""

    def _show_stage(self, event):
        stage = event["stage"]
        if stage not in STAGES:
            return
        start, words = STAGES[stage]
        if stage != self._stage:
            self.end()
            # Another question, such as that about another part, begins with reasoning again.
            self._answers = False
            self._stage = stage
            self._feedback.setProgressText(words)
        done, total = event.get("done", 0), event.get("total", 0)
        share = done / total if total > 0 else 0.0
        percent = start + share * (STARTS[STARTS.index(start) + 1] - start)
        # Stages may come again (tiles); a bar that goes back tells nothing.
        self._percent = max(self._percent, percent)
        self._feedback.setProgress(self._percent)

    def _take_thought(self, text):
        """Sentence by sentence, up to the answer: its numbers are in the result."""
        thought, tag, _ = (self._thought + text).partition(ANSWER_TAG)
        self._answers = tag != ""
        *sentences, self._thought = SENTENCE_END.split(thought)
        for sentence in sentences:
            self._show_sentence(sentence)
        if self._answers:
            self.end()

    def _show_sentence(self, text):
        plain = TAG.sub("", text).strip()
        if plain:
            self._feedback.pushInfo(plain)


def parse_event(line):
    """The progress event of a line; None for a line that is none."""
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "stage" in event else None
