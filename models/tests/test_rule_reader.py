"""Reading detections by rule."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from think2seg_models import rule_reader
from think2seg_models.detections import Detections
from think2seg_models.detector import Detector
from think2seg_models.questions import CONCEPT_KEYS, RELATION_NAMES


def scene() -> Detections:
    """Three of concept 0 from west to east, one of concept 1 a little west of the last; the largest in the west."""
    box = torch.tensor([[10, 100, 60, 150], [120, 100, 150, 130], [240, 100, 270, 130], [215, 100, 235, 120]]).float()
    category = torch.tensor([0, 0, 0, 1])
    return Detections(category[None], torch.ones(1, 4, dtype=torch.bool), box[None], torch.cat([box[:, :2] + 5, box[:, 2:] - 5], 1)[None])


@pytest.fixture
def lefts_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Left edges of the boxes that answer (concept, relation, anchor) about `scene`."""
    torch.save(Detector().state_dict(), tmp_path / "detector.pt")
    (tmp_path / "thresholds.json").write_text(json.dumps(dict.fromkeys(CONCEPT_KEYS, 0.5)))
    monkeypatch.setattr(rule_reader, "detections_of", lambda *_: (scene(), None))
    reader = rule_reader.RuleReader(tmp_path)

    def ask(concept: int, relation: str, anchor: int | None = None) -> list[int]:
        prompts = reader.prompts(np.zeros((280, 280, 3), np.uint8), concept, RELATION_NAMES.index(relation), anchor)
        return [prompt["bbox_2d"][0] for prompt in prompts]

    return ask


@pytest.mark.parametrize(
    ("relation", "lefts"),
    [
        ("nearest_to", [240]),
        ("farthest_from", [10]),
        ("west_of", [10, 120]),
        ("east_of", [240]),
        ("beside", [240]),
        ("not_beside", [10, 120]),
    ],
)
def test_relations_between_two_concepts(lefts_of, relation, lefts):
    assert lefts_of(0, relation, 1) == lefts


def test_relations_of_one_concept(lefts_of):
    assert lefts_of(0, "all") == [10, 120, 240]
    assert lefts_of(0, "easternmost") == [240]
    assert lefts_of(1, "largest") == [216]  # coordinates are even


def test_what_is_not_there(lefts_of):
    assert lefts_of(2, "all") == []
    assert lefts_of(2, "nearest_to", 1) == []
    assert lefts_of(0, "nearest_to", 2) == [10, 120, 240]
