"""Reading detections by rule."""

import pytest
import torch

from think2seg_models.detections import Detections
from think2seg_models.questions import RELATION_NAMES
from think2seg_models.rule_reader import _related_slots


def scene() -> Detections:
    """Three of concept 0 from west to east, one of concept 1 a little west of the last; the largest in the west."""
    box = torch.tensor([[10, 100, 60, 150], [120, 100, 150, 130], [240, 100, 270, 130], [215, 100, 235, 120]]).float()
    category = torch.tensor([0, 0, 0, 1])
    return Detections(category[None], torch.ones(1, 4, dtype=torch.bool), box[None], torch.cat([box, box], 1)[None])


@pytest.mark.parametrize(
    ("relation", "slots"),
    [("nearest_to", [2]), ("farthest_from", [0]), ("west_of", [0, 1]), ("east_of", [2]), ("beside", [2]), ("not_beside", [0, 1])],
)
def test_relations_between_two_concepts(relation, slots):
    assert _related_slots(scene(), 0, RELATION_NAMES.index(relation), 1) == slots


def test_what_the_detections_leave_open_is_everything():
    assert _related_slots(scene(), 0, RELATION_NAMES.index("north_of"), 1) == [0, 1, 2]
    assert _related_slots(scene(), 2, RELATION_NAMES.index("nearest_to"), 1) == []
