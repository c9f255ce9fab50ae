"""Questions with known answers, from the instances of a scene."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .pair_words import OF_ANY, PAIR_RELATIONS
from .questions import ALL, CONCEPT_KEYS, RELATION_NAMES, UNKNOWN
from .relations import related
from .scene_cache import SCENE_PX, SMALLEST_PX
from .scenes import Instance, Scene, instances
from .vocabulary import MAX_INSTANCES
from .wordings import RELATIONS

LOOKALIKES = {
    "water": {"river"},
    "river": {"water"},
    "field": {"center_pivot"},
    "sports_field": {"baseball_diamond"},
    "building": {"greenhouse"},
}
"""Kinds that also fit many wordings of a concept: it is not asked about where one of them is in view."""
HINTS = {"forest": {"trees"}}
"""Kinds that make it doubtful to call a concept absent."""
PAIR_ATTEMPTS = 12


@dataclass(frozen=True)
class Task:
    """What is asked (`concept`, `relation`, for relations between two concepts `anchor`) and the instances that answer it
    (numbers into the scene's instances)."""

    concept: int
    relation: int
    answer: tuple[int, ...]
    anchor: int | None = None


def concept_instances(scene: Scene) -> list[Instance]:
    """Instances large enough to count, the limit being that of training at any scene size."""
    return instances(scene, SMALLEST_PX * (scene.image.shape[0] / SCENE_PX) ** 2)


def visible_kinds(scene: Scene) -> set[str]:
    """Kinds with any pixel in view, also of objects too small to count."""
    return {scene.kinds[label] for label in np.unique(scene.labels).tolist() if label}


def extreme(found: list[Instance], members: list[int], relation: int) -> int:
    """The largest (by mask), smallest, northernmost .. (by box centre) of `members`."""
    key = {
        "largest": lambda i: -int(found[i].mask.sum()),
        "smallest": lambda i: int(found[i].mask.sum()),
        "northernmost": lambda i: found[i].box[1] + found[i].box[3],
        "southernmost": lambda i: -(found[i].box[1] + found[i].box[3]),
        "westernmost": lambda i: found[i].box[0] + found[i].box[2],
        "easternmost": lambda i: -(found[i].box[0] + found[i].box[2]),
    }[RELATIONS[relation]]
    return min(members, key=key)


def _pair_task(random: np.random.Generator, found: list[Instance], members: list[list[int]], askable: list[int]) -> Task | None:
    """One question that relates two concepts, if a few draws find a clear one."""
    several = [c for c in askable if len(members[c]) > 1]
    anchors = [c for c in askable if members[c]]
    if not several or len(anchors) < 2:
        return None
    for _ in range(PAIR_ATTEMPTS):
        concept, anchor = int(random.choice(several)), int(random.choice(anchors))
        relation = PAIR_RELATIONS[int(random.integers(len(PAIR_RELATIONS)))]
        if concept == anchor:
            continue
        chosen = related(found, members[concept], members[anchor], relation)
        if chosen and len(chosen) <= MAX_INSTANCES:
            return Task(concept, RELATION_NAMES.index(relation), tuple(chosen), anchor)
    return None


def tasks_of(
    random: np.random.Generator,
    found: list[Instance],
    visible: set[str] | None = None,
    concepts: frozenset[int] | None = None,
    pairs: bool = False,
) -> list[Task]:
    """Up to six: all of a concept, one of a concept by a relation (where there are several, if possible), an absent concept
    and, for one scene in four, something outside the list; with `pairs` also one that relates two concepts and an absent
    concept related to a present one.

    `visible` are the kinds in view (default: those of `found`): only others count as absent. `concepts` limits what is asked.
    """
    seen = {f.kind for f in found} if visible is None else visible
    members = [[i for i, f in enumerate(found) if f.kind == key] for key in CONCEPT_KEYS]
    askable = [c for c, key in enumerate(CONCEPT_KEYS) if (concepts is None or c in concepts) and not LOOKALIKES.get(key, set()) & seen]
    present = [c for c in askable if members[c]]
    countable = [c for c in present if len(members[c]) <= MAX_INSTANCES]
    several = [c for c in present if len(members[c]) > 1]
    absent = [c for c in askable if not ({CONCEPT_KEYS[c]} | HINTS.get(CONCEPT_KEYS[c], set())) & seen]
    choose = lambda options: int(options[int(random.integers(len(options)))])  # noqa: E731
    any_relation: Callable[[], int] = lambda: int(random.integers(1, len(RELATIONS)))  # noqa: E731
    tasks = []
    if countable:
        concept = choose(countable)
        tasks.append(Task(concept, ALL, tuple(members[concept])))
    if several or present:
        concept, relation = choose(several or present), any_relation()
        tasks.append(Task(concept, relation, (extreme(found, members[concept], relation),)))
    if absent:
        tasks.append(Task(choose(absent), ALL if random.random() < 0.5 else any_relation(), ()))
    if random.random() < 0.25:
        tasks.append(Task(UNKNOWN, ALL if random.random() < 0.5 else any_relation(), ()))
    if pairs:
        related_task = _pair_task(random, found, members, askable)
        tasks += [related_task] if related_task else []
        anchors = [c for c in present if len(members[c]) == 1]
        if absent and anchors:
            directions = [r for r in PAIR_RELATIONS if r not in OF_ANY]
            relation = RELATION_NAMES.index(directions[int(random.integers(len(directions)))])
            tasks.append(Task(choose(absent), relation, (), choose(anchors)))
    return tasks


def answer_mask(found: list[Instance], task: Task, pixels: int) -> np.ndarray:
    mask = np.zeros((pixels, pixels), bool)
    for number in task.answer:
        mask |= found[number].mask
    return mask
