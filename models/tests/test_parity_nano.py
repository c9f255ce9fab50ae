"""The comparison of a nano pack with its weights sees any fact and any coordinate that differs."""

import numpy as np
import pytest
import torch

from think2seg_models import class_pairs, vocabulary
from think2seg_models import detections as D
from think2seg_models.detector import Detector
from think2seg_models.nano_export import as_stored
from think2seg_models.parity_nano import TokenReader, differing_slots
from think2seg_models.prompter import Prompter


@pytest.fixture(scope="module")
def prompter():
    torch.manual_seed(0)
    tokens = vocabulary.SPECIALS + vocabulary.ANSWER_TOKENS
    return Prompter(vocabulary.Vocabulary(tokens, np.zeros((len(tokens), vocabulary.VECTOR_SIZE), np.float32))).eval()


@pytest.fixture(scope="module")
def found():
    return D.simulate(np.random.default_rng(3), 1, 100)


@torch.no_grad()
def tokens_of(prompter, found):
    return prompter.embed_detections(D.describe(found))[0].numpy()


def test_tokens_give_back_what_they_were_made_of(prompter, found):
    described = D.describe(found)
    reader = TokenReader(prompter)
    assert described.features[0, :, D.VALID].sum() > 3
    assert differing_slots(tokens_of(prompter, found), described, reader) == []
    facts, bins, members = reader.read(tokens_of(prompter, found))
    assert (facts == described.features[0].numpy()).all()
    valid = found.valid[0].numpy()
    assert (bins[valid] == described.bins[0].numpy()[valid]).all()
    assert not members[valid].any()


def test_a_relation_that_differs_is_seen(prompter):
    found = class_pairs.compact(D.simulate(np.random.default_rng(3), 1, 100), class_pairs.DETECTION_SLOTS)
    described, pairs = class_pairs.see(found, class_pairs.PAIR_SLOTS)
    with torch.no_grad():
        tokens = prompter.embed_detections(described)[0].numpy()
    reader = TokenReader(prompter)
    assert pairs.valid.any()
    assert differing_slots(tokens, described, reader) == []
    slot = class_pairs.DETECTION_SLOTS + int(pairs.valid[0].nonzero()[0, 0])
    described.waves[0, slot, 5] = 1 - described.waves[0, slot, 5]
    assert differing_slots(tokens, described, reader) == [slot]


@pytest.mark.parametrize("coordinate", range(4))
def test_a_box_that_lies_one_step_off_is_seen(prompter, found, coordinate):
    slot = int(found.valid[0].nonzero()[1])
    moved = D.Detections(found.category, found.valid, found.box.clone(), found.points.clone())
    moved.points[0, slot, coordinate] += 2.0 if moved.points[0, slot, coordinate] < 100 else -2.0
    assert differing_slots(tokens_of(prompter, moved), D.describe(found), TokenReader(prompter)) == [slot]


def test_another_class_is_seen(prompter, found):
    slot = int(found.valid[0].nonzero()[0])
    other = D.Detections(found.category.clone(), found.valid, found.box, found.points)
    other.category[0, slot] = (other.category[0, slot] + 1) % D.N_CLASSES
    assert slot in differing_slots(tokens_of(prompter, other), D.describe(found), TokenReader(prompter))


def test_a_detection_that_is_missing_is_seen(prompter, found):
    slot = int(found.valid[0].nonzero()[0])
    fewer = D.Detections(found.category, found.valid.clone(), found.box, found.points)
    fewer.valid[0, slot] = False
    assert slot in differing_slots(tokens_of(prompter, fewer), D.describe(found), TokenReader(prompter))


@torch.no_grad()
def test_rounding_stays_close_and_leaves_the_original_alone():
    torch.manual_seed(1)
    detector = Detector().eval()
    for module in detector.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    before = {name: value.clone() for name, value in detector.state_dict().items()}
    picture = torch.rand(1, 3, 280, 280) * 2 - 1
    exact, rounded = detector(picture)[0], as_stored(detector)(picture)[0]
    assert 0 < (exact - rounded).abs().max() < 0.01 * exact.abs().max()
    assert all(torch.equal(before[name], value) for name, value in detector.state_dict().items())
