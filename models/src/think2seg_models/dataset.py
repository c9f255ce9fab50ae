"""Procedural scenes as a question-answer data set in the EarthReason layout."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from .drawing import SIDE
from .geotiff import write_geotiff
from .questions import CONCEPT_KEYS, RELATION_NAMES, UNKNOWN, ask
from .scenes import HELD_OUT_SEEDS, HELD_OUT_STYLES, SEEN_STYLES, Scene, render, texture_bank
from .sensor import as_sixteen_bit
from .truth import Task, answer_mask, concept_instances, tasks_of, visible_kinds
from .vocabulary import CONCEPT_TOKENS

PHRASINGS = 3
EMPTY_SHARE = 0.15
SIXTEEN_BIT_SHARE = 0.15
TASK_DRAWS = 3
"""Draws of possible questions per scene: the more, the better concepts and relations can be balanced."""
PLOT_M = 5200.0
"""Scenes lie in a grid of this step, PLOTS_PER_ROW to a row; the largest is 5,120 m wide."""
PLOTS_PER_ROW = 60


@dataclass(frozen=True)
class DatasetRequest:
    """`held_out_scenes`: other styles, and seeds that never train. `held_out_words`: frames and words that never train.

    Equal requests but for the words give the same scenes and the same tasks. `concepts` (keys) limits what is asked; `pairs`
    allows relations between two concepts.
    """

    split: str
    count: int
    seed: int
    held_out_scenes: bool = False
    held_out_words: bool = False
    pixels: int = 512
    concepts: tuple[str, ...] = ()
    pairs: bool = True


def _find_task(request: DatasetRequest, random: np.random.Generator, scene: Scene, empty: bool, asked: Counter):
    """(instances, task) or None when the scene has no question of the wanted sort. What was `asked` least comes first, so that
    rare concepts and relations are measured too."""
    found = concept_instances(scene)
    concepts = frozenset(CONCEPT_KEYS.index(key) for key in request.concepts) if request.concepts else None
    visible = visible_kinds(scene)
    drawn = [task for _ in range(TASK_DRAWS) for task in tasks_of(random, found, visible, concepts, request.pairs)]
    tasks = [task for task in drawn if bool(task.answer) != empty]
    if not tasks:
        return None
    random.shuffle(tasks)
    task = min(tasks, key=lambda t: asked["concept", t.concept] + asked["relation", t.relation])
    asked.update([("concept", task.concept), ("relation", task.relation)])
    return found, task


def _bands(random: np.random.Generator, scene: Scene) -> np.ndarray:
    """[c,n,n]: one band for grey sensors, else three; some as 16 bit."""
    bands = scene.image.transpose(2, 0, 1)[: 1 if scene.conditions.grey else 3]
    return as_sixteen_bit(random, bands) if random.random() < SIXTEEN_BIT_SHARE else bands


def _questions(random: np.random.Generator, task: Task, held_out: bool) -> list[str]:
    questions: list[str] = []
    while len(questions) < PHRASINGS:
        text = ask(random, task.concept, task.relation, held_out, task.anchor).text
        if text not in questions:
            questions.append(text)
    return questions


def _about(scene: Scene, task: Task, questions: list[str], bands: np.ndarray, pixel_m: float) -> dict:
    return {
        "questions": questions,
        "answer": CONCEPT_TOKENS[task.concept].strip(" .") if task.answer else "no target",
        "concept": "unknown" if task.concept == UNKNOWN else CONCEPT_KEYS[task.concept],
        "relation": RELATION_NAMES[task.relation],
        "anchor": None if task.anchor is None else CONCEPT_KEYS[task.anchor],
        "instances": len(task.answer),
        "sensor": {"pixel_m": round(pixel_m, 4), "bands": len(bands), "type": bands.dtype.name} | asdict(scene.conditions),
    }


def write_scenes(out: Path, request: DatasetRequest) -> dict[str, int]:
    """`out/split/{images,labels,QAs}`; one target a scene, three wordings of it. Returns how many have a target."""
    folder = out / request.split
    for name in ("images", "labels", "QAs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    styles = HELD_OUT_STYLES if request.held_out_scenes else SEEN_STYLES
    first = (HELD_OUT_SEEDS if request.held_out_scenes else 0) + request.seed * 100_000
    random = np.random.default_rng([request.seed, int(request.held_out_scenes)])
    words = np.random.default_rng([request.seed, int(request.held_out_scenes), 1])
    written = {"with target": 0, "without target": 0}
    asked: Counter = Counter()
    scene_seed = first
    for number in range(request.count):
        empty, chosen = bool(random.random() < EMPTY_SHARE), None
        while chosen is None:
            scene = render(scene_seed, texture_bank(styles[scene_seed % len(styles)]), request.pixels)
            scene_seed += 1
            chosen = _find_task(request, random, scene, empty, asked)
        found, task = chosen
        identity = f"{request.split}_{scene_seed - 1:09d}"
        bands, pixel_m = _bands(random, scene), SIDE * scene.metres_per_unit / request.pixels
        west, north = 300_000 + PLOT_M * (number % PLOTS_PER_ROW), 5_900_000 - PLOT_M * (number // PLOTS_PER_ROW)
        write_geotiff(folder / f"images/{identity}.tif", bands, west, north, pixel_m)
        cv2.imwrite(str(folder / f"labels/{identity}.png"), answer_mask(found, task, request.pixels).astype(np.uint8) * 255)
        about = _about(scene, task, _questions(words, task, request.held_out_words), bands, pixel_m)
        (folder / f"QAs/{identity}.json").write_text(json.dumps(about, indent=1) + "\n")
        written["with target" if task.answer else "without target"] += 1
    return written
