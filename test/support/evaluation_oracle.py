"""Data sets in the four published layouts, and the published protocol computed with numpy, Pillow and pycocotools.

One JSON object a line in, one out. Shares nothing with the program: masks are read by Pillow, run lengths and polygons by
pycocotools, predicted boxes are filled here.
"""

import ast
import json
import pickle
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as coco

FRAME = 280
ANSWER = "<think>t</think> <answer>```json\n%s\n```</answer>"


def shape_mask(random, height, width):
    """An ellipse, a rectangle, several of them, or nothing."""
    y, x = np.mgrid[:height, :width]
    mask = np.zeros((height, width), bool)
    for _ in range(int(random.integers(0, 4))):
        cx, cy, a, b = random.uniform(0, width), random.uniform(0, height), random.uniform(4, width / 3), random.uniform(4, height / 3)
        inside = ((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 < 1 if random.random() < 0.5 else (abs(x - cx) < a) & (abs(y - cy) < b)
        mask |= inside
    return mask


def random_answer(random):
    """Text of an answer and its boxes in the frame; None where it cannot be parsed."""
    draw = random.random()
    if draw < 0.15:
        return "I am not sure what you mean.", None
    if draw < 0.35:
        return ANSWER % "[]", []
    boxes = []
    for column in range(int(random.integers(1, 4))):  # apart from one another, so that none is dropped as a duplicate
        x0 = column * 90 + random.integers(0, 20)
        y0 = random.integers(0, 150)
        boxes.append([int(x0), int(y0), int(x0 + random.integers(20, 70)), int(y0 + random.integers(20, 120))])
    items = [{"bbox_2d": b, "positive_points": [[b[0] + 5, b[1] + 5], [b[0] + 9, b[1] + 9]]} for b in boxes]
    return ANSWER % json.dumps(items), boxes


def predicted_mask(boxes, width, height):
    """Pixels whose centre lies inside a box of the frame, on a grid of this size."""
    y, x = np.mgrid[:height, :width] + 0.5
    mask = np.zeros((height, width), bool)
    for x0, y0, x1, y1 in boxes:
        sx, sy = width / FRAME, height / FRAME
        mask |= (x > x0 * sx) & (x < x1 * sx) & (y > y0 * sy) & (y < y1 * sy)
    return mask


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


class Fixture:
    """Collects what a data set asks, its targets and the answers that the fake model will give."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.answers, self.truth = {}, []

    def draw(self, question, name=None):
        """Draws an image, its target and the answer to `question`."""
        height, width = int(self.random.integers(60, 200)), int(self.random.integers(60, 200))
        image = self.random.integers(0, 255, (height, width, 3), np.uint8)
        target = shape_mask(self.random, height, width)
        text, boxes = random_answer(self.random)
        self.answers[question] = text
        self.truth.append({"target": target, "boxes": boxes, "class": name})
        return image, target


def make_earthreason(root, fixture, count):
    for number in range(count):
        question = f"where is thing {number}?"
        image, target = fixture.draw(question, ["lake", "field"][number % 2])
        save(root / f"test/images/{number:03d}.png", image)
        save(root / f"test/labels/{number:03d}.png", np.where(target, fixture.random.integers(1, 255), 0).astype(np.uint8))
        path = root / f"test/QAs/{number:03d}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"questions": [question], "concept": ["lake", "field"][number % 2]}))


def make_phrases(root, fixture, count, image_folder, mask_folder, extension, named_with_extension):
    lines = []
    for number in range(count):
        phrase = f"the thing number {number}"
        image, target = fixture.draw(phrase)
        file = f"{number:03d}{extension}"
        save(root / image_folder / file, image)
        save(root / mask_folder / file, target.astype(np.uint8) * 255)
        lines.append(f"{file if named_with_extension else file[: -len(extension)]} {phrase}")
    (root / "output_phrase_test.txt").write_text("\n".join(lines) + "\n")


def make_rrsisd(root, fixture, count):
    images, annotations, refs = [], [], []
    for number in range(count):
        sentence = f"the thing number {number}"
        name = ["ship", "bridge"][number % 2]
        image, target = fixture.draw(sentence + ".", name)
        file = f"{number:05d}.jpg"
        save(root / "images/rrsisd/JPEGImages" / file, image)
        rle = coco.encode(np.asfortranarray(target.astype(np.uint8)))
        segmentation = [{"size": rle["size"], "counts": rle["counts"].decode()}]
        if number % 3 == 0:  # the uncompressed form
            flat = target.T.ravel().astype(np.int8)
            edges = np.flatnonzero(np.diff(np.concatenate([[0], flat, [0]])))
            counts = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
            segmentation = {"size": rle["size"], "counts": counts}
        images.append({"id": number, "file_name": file})
        annotations.append({"id": 1000 + number, "image_id": number, "category_id": number % 2, "segmentation": segmentation})
        refs.append(
            {
                "ref_id": number,
                "ann_id": 1000 + number,
                "image_id": number,
                "category_id": number % 2,
                "split": ["test", "testA"][number % 2],
                "file_name": file,
                "sent_ids": [number],
                "sentences": [{"sent": sentence, "raw": sentence, "sent_id": number, "tokens": sentence.split()}],
            }
        )
    refs.append({**refs[0], "ref_id": 9999, "split": "train"})
    (root / "rrsisd").mkdir(parents=True)
    categories = [{"id": 0, "name": "ship"}, {"id": 1, "name": "bridge"}]
    instances = {"images": images, "annotations": annotations, "categories": categories}
    (root / "rrsisd/instances.json").write_text(json.dumps(instances))
    (root / "rrsisd/refs(unc).p").write_bytes(pickle.dumps(refs, protocol=2))


MAKERS = {
    "earthreason": make_earthreason,
    "rrsisd": make_rrsisd,
    "refsegrs": lambda root, f, n: make_phrases(root, f, n, "images", "masks", ".tif", False),
    "risbench": lambda root, f, n: make_phrases(root, f, n, "img_rgb", "mask", ".png", True),
}


def scores(entries):
    """gIoU, cIoU and so on of [(target, prediction or None if invalid, is empty)]."""
    ious, shared, united, with_target, rights = [], 0, 0, [], []
    for target, predicted, empty in entries:
        if not target.any():
            ious.append(float(empty))
            rights.append(float(empty))
            continue
        predicted = np.zeros_like(target) if predicted is None else predicted
        intersection, union = np.logical_and(target, predicted).sum(), np.logical_or(target, predicted).sum()
        ious.append(intersection / union)
        with_target.append(ious[-1])
        shared, united = shared + intersection, united + union
    mean = lambda values: float(np.mean(values)) if values else None  # noqa: E731
    cumulative = float(shared / united) if united else None
    return {
        "gIoU": mean(ious),
        "cIoU": cumulative,
        "targetGIoU": mean(with_target),
        "targetCIoU": cumulative,
        "noTargetAccuracy": mean(rights),
        "above50": float(np.mean(np.array(ious) > 0.5)),
    }


def figures(truth, mode):
    entries, groups = [], {}
    baselines = {"emptyList": [], "wholeFrame": [], "centralBox": []}
    for item in truth:
        target, boxes = item["target"], item["boxes"]
        if mode == "reference":
            resized = Image.fromarray(target.astype(np.uint8)).resize((FRAME, FRAME), Image.Resampling.NEAREST)
            target = np.asarray(resized) > 0
        height, width = target.shape
        predicted = predicted_mask(boxes, width, height) if boxes else None
        entry = (target, predicted, boxes == [])
        entries.append(entry)
        groups.setdefault(item["class"], []).append(entry)
        central = np.zeros_like(target)
        central[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4] = True
        baselines["emptyList"].append((target, None, True))
        baselines["wholeFrame"].append((target, np.ones_like(target), False))
        baselines["centralBox"].append((target, central, False))
    return {
        **scores(entries),
        "valid": float(np.mean([item["boxes"] is not None for item in truth])),
        "perClass": {name: scores(group) | {"samples": len(group)} for name, group in groups.items() if name},
        "baselines": {name: scores(group) for name, group in baselines.items()},
    }


def reply(request):
    if request["do"] == "dataset":
        fixture = Fixture(request["seed"])
        root = Path(request["root"])
        root.mkdir(parents=True)
        MAKERS[request["dataset"]](root, fixture, request["count"])
        return {"answers": fixture.answers, "figures": {mode: figures(fixture.truth, mode) for mode in ("reference", "native")}}
    if request["do"] == "pickle":
        return {"hex": {str(p): pickle.dumps(ast.literal_eval(request["value"]), protocol=p).hex() for p in range(6)}}
    if request["do"] == "polygons":
        rles = coco.frPyObjects(request["polygons"], request["height"], request["width"])
        return {"mask": coco.decode(coco.merge(rles)).ravel().tolist()}
    raise ValueError(f"no task {request['do']}")


for line in sys.stdin:
    try:
        answer = reply(json.loads(line))
    except Exception as error:  # every failure must reach the test
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
