"""Does a nano pack see and say what its PyTorch weights see and say? Detections and answers, over a data set of `scenes`.

The exported tower gives tokens, not detections. Each token is the sum of two linear maps of what describes its detection, so the maps
of the prompter, inverted, give class, place in the ranks, box and points back as whole numbers.

The pack keeps large weights in bytes or in half precision. So it is compared twice: with the tower as it was trained, which also shows
what the rounding does, and with the tower rounded in the same way, which shows the exported graph alone.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from . import detections as D
from .class_pairs import DETECTION_SLOTS, PAIR_SLOTS, compact, see
from .detector import Detector
from .evaluate_real import read, stretched
from .nano_export import as_stored
from .nano_runtime import NanoRuntime
from .prompter import Prompter
from .questions import CONCEPT_KEYS
from .train_detector import detections_of
from .train_prompter import generate
from .vocabulary import N_BINS, Vocabulary


@dataclass(frozen=True)
class NanoWeights:
    """What was trained, in PyTorch. `thresholds` [classes]."""

    detector: Detector
    prompter: Prompter
    thresholds: torch.Tensor

    @classmethod
    def load(cls, work: Path, detector: Path | None = None, prompter: Path | None = None) -> "NanoWeights":
        """`work` holds vocabulary/, thresholds.json, detector.pt and prompter.pt; other files may stand in for the last two."""
        by_class = json.loads((work / "thresholds.json").read_text())
        result = cls(
            Detector().eval(), Prompter(Vocabulary.load(work / "vocabulary")).eval(), torch.tensor([by_class[key] for key in CONCEPT_KEYS])
        )
        result.detector.load_state_dict(torch.load(detector or work / "detector.pt"))
        result.prompter.load_state_dict(torch.load(prompter or work / "prompter.pt"))
        return result

    @torch.no_grad()
    def look(self, frame: np.ndarray) -> D.Described:
        found, _ = detections_of(self.detector, [frame], self.thresholds)
        described, _ = see(compact(found, DETECTION_SLOTS), PAIR_SLOTS)
        return described


class TokenReader:
    """Tokens of the tower back to the whole numbers that they were made of."""

    def __init__(self, prompter: Prompter) -> None:
        self.bias = prompter.detection.bias.detach().double()
        self.map = torch.cat([prompter.detection.weight, prompter.coordinates.weight], 1).detach().double()
        self.inverse = torch.linalg.pinv(self.map)
        self.waves = D.bin_waves(torch.arange(N_BINS)).double()

    def read(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """[slots, hidden] -> facts [slots, FEATURES] of -1, 0 and 1; bins [slots, COORDINATES], zero where nothing was detected;
        members [slots, COORDINATES * PHASES] of 0 and 1, zero in the slots of detections."""
        described = (torch.from_numpy(tokens).double() - self.bias) @ self.inverse.T
        facts = described[:, : D.FEATURES].round().int()
        waves = described[:, D.FEATURES :].reshape(len(tokens), D.COORDINATES, 1, D.PHASES)
        bins = (waves - self.waves).square().sum(-1).argmin(-1).int()
        valid = facts[:, D.VALID.start] > 0
        members = described[:, D.FEATURES :].round().int() * ~valid[:, None]
        return facts.numpy(), (bins * valid[:, None]).numpy(), members.numpy()


def differing_slots(tokens: np.ndarray, expected: D.Described, reader: TokenReader) -> list[int]:
    """Numbers of the tokens of one picture in which any fact, coordinate or relation differs."""
    facts, bins, members = reader.read(tokens)
    expected_facts = expected.features[0].int().numpy()
    valid = expected_facts[:, D.VALID] > 0
    expected_bins = np.zeros_like(bins)
    expected_bins[: expected.bins.shape[1]] = expected.bins[0].numpy()
    expected_members = expected.waves[0].round().int().numpy() * ~valid
    differs = (facts != expected_facts).any(1) | (bins != expected_bins * valid).any(1) | (members != expected_members).any(1)
    return np.flatnonzero(differs).tolist()


def scenes_of(root: Path, split: str) -> Iterator[tuple[str, np.ndarray, str]]:
    """Name, RGB [h,w,3] u8 and first question of every scene of a data set of `scenes`."""
    for about in sorted((root / split / "QAs").glob("*.json")):
        image = stretched(read(root / split / "images" / f"{about.stem}.tif"))
        yield about.stem, image, json.loads(about.read_text())["questions"][0]


@dataclass
class Agreement:
    """What differs, by name of the scene: numbers of detections; both answers."""

    detections: dict[str, list[int]] = field(default_factory=dict)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)

    def summary(self, scenes: int, answers: int) -> dict:
        return {
            "scenes_with_identical_detections": scenes - len(self.detections),
            "identical_answers": answers - len(self.answers),
            "differing_detections": self.detections,
            "differing_answers": self.answers,
        }


def nano_parity(pack: Path, weights: NanoWeights, root: Path, split: str, answers: int) -> dict:
    """The tower on all scenes, whole answers on the first `answers` of them."""
    runtime, reader = NanoRuntime(pack), TokenReader(weights.prompter)
    references = {"as trained": weights, "as stored": replace(weights, detector=as_stored(weights.detector))}
    agreements = {name: Agreement() for name in references}
    scenes = asked = detections = 0
    for scene, image, question in scenes_of(root, split):
        frame = runtime.frame(image)
        tokens = runtime.look(frame)
        prompt = runtime.prompt_ids(question, len(tokens))
        said = runtime.answer_ids(tokens, question) if asked < answers else None
        for name, reference in references.items():
            described = reference.look(frame)
            slots = differing_slots(tokens, described, reader)
            if slots:
                agreements[name].detections[scene] = slots
            expected = None if said is None else generate(reference.prompter, described, [prompt])[0]
            if said != expected:
                agreements[name].answers[scene] = {
                    "pack": runtime.tokenizer.decode(said),
                    "pytorch": runtime.tokenizer.decode(expected),
                }
        scenes += 1
        asked += said is not None
        detections += int(reader.read(tokens)[0][:, D.VALID].sum())
    compared = {"pack": runtime.manifest["version"], "scenes": scenes, "detections": detections, "answers": asked}
    return compared | {name: agreement.summary(scenes, asked) for name, agreement in agreements.items()}
