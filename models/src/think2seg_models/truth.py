"""Questions with known answers, from the instances of a scene."""

from dataclasses import dataclass

import numpy as np

from .questions import ALL, CONCEPT_KEYS, UNKNOWN
from .scene_cache import SCENE_PX, SMALLEST_PX
from .scenes import Instance, Scene, instances
from .vocabulary import MAX_INSTANCES
from .wordings import RELATIONS


@dataclass(frozen=True)
class Task:
    """What is asked (`concept`, `relation`) and the instances that answer it (numbers into the scene's instances)."""

    concept: int
    relation: int
    answer: tuple[int, ...]


def concept_instances(scene: Scene) -> list[Instance]:
    """Instances large enough to count, the limit being that of training at any scene size."""
    return instances(scene, SMALLEST_PX * (scene.image.shape[0] / SCENE_PX) ** 2)


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


def tasks_of(random: np.random.Generator, found: list[Instance]) -> list[Task]:
    """Up to four: all of a class, one of a class by a relation (where there are several, if possible), an absent class,
    and, for one scene in four, something outside the list."""
    members = [[i for i, f in enumerate(found) if f.kind == key] for key in CONCEPT_KEYS]
    present = [c for c, m in enumerate(members) if m]
    countable = [c for c in present if len(members[c]) <= MAX_INSTANCES]
    several = [c for c in present if len(members[c]) > 1]
    absent = [c for c, m in enumerate(members) if not m]
    choose = lambda options: int(options[int(random.integers(len(options)))])  # noqa: E731
    any_relation = lambda: int(random.integers(1, len(RELATIONS)))  # noqa: E731
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
    return tasks


def answer_mask(found: list[Instance], task: Task, pixels: int) -> np.ndarray:
    mask = np.zeros((pixels, pixels), bool)
    for number in task.answer:
        mask |= found[number].mask
    return mask
