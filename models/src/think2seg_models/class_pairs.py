"""What the image tokens of two classes say: which objects of the one stand in each relation to the other.

Behind the tokens of single detections come tokens of pairs of classes that are both in the picture. Where a detection's token has
eight coordinates, a pair's token has eight relations; each tells, for the ten largest objects of the first class, whether it applies.
Boxes stand for outlines. Lengths are in model-frame pixels.
"""

from dataclasses import dataclass

import torch

from . import detections as D
from .pair_words import PAIR_RELATIONS
from .vocabulary import FRAME_PX, MAX_INSTANCES

N_RELATIONS = len(PAIR_RELATIONS)
BESIDE_PX = 0.045 * FRAME_PX
"""Widest gap at which an object still lies beside another: half way between what `relations` calls beside and not beside."""
DETECTION_SLOTS, PAIR_SLOTS = 58, 42
"""How the 100 image tokens of a picture are shared: seven classes make 42 pairs."""
NO_GAP = 1e6

assert N_RELATIONS * MAX_INSTANCES == D.COORDINATES * D.PHASES


@dataclass
class ClassPairs:
    """`classes` [B,P] i64 = first class * N_CLASSES + second, `valid` [B,P] bool, `members` [B,P,8,10] bool by relation and area rank."""

    classes: torch.Tensor
    valid: torch.Tensor
    members: torch.Tensor

    def find(self, row: int, concept: int, anchor: int) -> int | None:
        """The slot of a pair in a picture, None where it has no token."""
        at = (self.classes[row] == concept * D.N_CLASSES + anchor) & self.valid[row]
        return int(at.nonzero()[0, 0]) if at.any() else None


def compact(found: D.Detections, slots: int) -> D.Detections:
    """The first `slots` valid detections, in their order."""
    places = torch.arange(found.valid.shape[1])
    _, kept = (found.valid.long() * 2 * len(places) - places).topk(min(slots, len(places)), 1)
    gather = lambda t: t.gather(1, kept[..., None].expand(-1, -1, t.shape[2]))  # noqa: E731
    return D.Detections(found.category.gather(1, kept), found.valid.gather(1, kept), gather(found.box), gather(found.points))


def related_to_classes(found: D.Detections, area_rank: torch.Tensor) -> torch.Tensor:
    """[B,K,C,8] f32: whether detection k stands in each of PAIR_RELATIONS to class c. Directions are those to its largest object."""
    box, valid = found.box, found.valid
    classes = (found.category[..., None] == torch.arange(D.N_CLASSES)) & valid[..., None]  # [B,K,C]
    lower, upper = torch.maximum(box[:, :, None, :2], box[:, None, :, :2]), torch.minimum(box[:, :, None, 2:], box[:, None, :, 2:])
    gap = (lower - upper).clamp(min=0).pow(2).sum(-1).sqrt()  # [B,K,K]
    centre = (box[..., :2] + box[..., 2:]) / 2
    apart = (centre[:, :, None] - centre[:, None, :]).pow(2).sum(-1).sqrt()
    # Where boxes overlap, the distance of their centres decides.
    far = torch.where(classes[:, None], (gap + 0.01 * apart)[..., None], torch.tensor(NO_GAP))  # [B,K,K,C]
    gap_to = torch.where(classes[:, None], gap[..., None], torch.tensor(NO_GAP)).amin(2)  # [B,K,C]
    distance = far.amin(2)
    alike = (classes.float() @ classes.float().transpose(1, 2))[..., None]  # [B,K,K,1]: of one class
    tie_break = torch.arange(valid.shape[1])[None, :, None] * 1e-4
    nearest, farthest = distance + tie_break, -distance + tie_break
    first = lambda key: (alike * (key[:, None] < key[:, :, None]).float()).sum(2) == 0  # noqa: E731
    largest = classes & (area_rank == 0)[..., None]
    anchor = (largest.float().transpose(1, 2) @ centre)[:, None]  # [B,1,C,2]
    offset = centre[:, :, None] - anchor
    beside = gap_to <= BESIDE_PX
    every = [
        first(nearest),
        first(farthest),
        offset[..., 1] < 0,
        offset[..., 1] > 0,
        offset[..., 0] < 0,
        offset[..., 0] > 0,
        beside,
        ~beside,
    ]
    return torch.stack(every, -1).float() * valid[..., None, None].float()


def relate(found: D.Detections, area_rank: torch.Tensor, slots: int) -> ClassPairs:
    """`area_rank` [B,K] i64 within the class. Plain tensor operations only: exported with the vision encoder."""
    batch = found.category.shape[0]
    valid = found.valid[..., None].float()
    is_class = D.one_hot(found.category, D.N_CLASSES) * valid
    ranked = (is_class[..., None] * D.one_hot(area_rank, MAX_INSTANCES)[:, :, None]).flatten(2)  # [B,K,C*10]
    related = related_to_classes(found, area_rank).flatten(2)  # [B,K,C*8]
    members = (ranked.transpose(1, 2) @ related).reshape(batch, D.N_CLASSES, MAX_INSTANCES, D.N_CLASSES, N_RELATIONS)
    members = members.permute(0, 1, 3, 4, 2).reshape(batch, D.N_CLASSES**2, N_RELATIONS * MAX_INSTANCES)
    present = is_class.amax(1)
    both = present[:, :, None] * present[:, None, :] * (1 - torch.eye(D.N_CLASSES))
    order = both.flatten(1) - torch.arange(D.N_CLASSES**2) * 1e-6
    score, classes = order.topk(slots, 1)
    chosen = members.gather(1, classes[..., None].expand(-1, -1, N_RELATIONS * MAX_INSTANCES))
    return ClassPairs(classes, score > 0.5, chosen.reshape(batch, slots, N_RELATIONS, MAX_INSTANCES) > 0.5)


def tokens_with_pairs(described: D.Described, pairs: ClassPairs) -> D.Described:
    """The tokens of the detections, then those of the pairs."""
    first = torch.div(pairs.classes, D.N_CLASSES, rounding_mode="floor")
    second = pairs.classes - first * D.N_CLASSES
    batch, slots = pairs.classes.shape
    nothing = torch.zeros(batch, slots, D.ANCHOR.start - D.CLASS.stop)
    features = torch.cat([D.one_hot(first, D.N_CLASSES), nothing, D.ANCHOR_CODES[second]], -1) * pairs.valid[..., None].float()
    waves = pairs.members.flatten(2).float() * pairs.valid[..., None].float()
    return D.Described(
        torch.cat([described.features, features], 1), torch.cat([described.waves, waves], 1), described.bins, described.ranks
    )


def see(found: D.Detections, pair_slots: int) -> tuple[D.Described, ClassPairs]:
    """All image tokens of pictures, and what those of pairs mean."""
    described = D.describe(found)
    pairs = relate(found, described.ranks[..., 0], pair_slots)
    return tokens_with_pairs(described, pairs), pairs
