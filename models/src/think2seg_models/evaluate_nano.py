"""Measures a nano pack, from its ONNX files, on held-out scenes with seen and with unseen wordings."""

import json
import time
from pathlib import Path

import numpy as np

from .drawing import TextureBank
from .nano_runtime import NanoRuntime
from .questions import UNKNOWN, Question, ask
from .rule_reader import RuleReader
from .scenes import HELD_OUT_SEEDS, HELD_OUT_STYLE, render
from .segmenter_check import iou
from .truth import answer_mask, concept_instances, tasks_of
from .vocabulary import CONCEPT_TOKENS, FRAME_PX
from .wordings import CONCEPTS, RELATIONS

SCENE_SIZE_PX = 512


def evaluate_nano(pack: Path, scenes: int, out: Path, weights: Path | None = None, first: int = 0, seed: int = 11) -> dict:
    """Writes and returns the report. `first` offsets the scene seeds inside the held-out range."""
    runtime = NanoRuntime(pack)
    rule = RuleReader(weights) if weights else None
    bank = TextureBank(HELD_OUT_STYLE)
    random = np.random.default_rng(seed)
    rows: list[dict] = []
    for number in range(scenes):
        scene = render(HELD_OUT_SEEDS + first + number, bank, SCENE_SIZE_PX)
        found = concept_instances(scene)
        began = time.process_time()
        frame = runtime.frame(scene.image)
        features = runtime.look(frame)
        embeddings = runtime.encode(frame)
        looking = time.process_time() - began
        for task in tasks_of(random, found):
            truth = answer_mask(found, task, SCENE_SIZE_PX)
            for wording in ("seen", "unseen"):
                question = ask(random, task.concept, task.relation, wording == "unseen")
                rows.append(_row(runtime, frame, features, embeddings, question, truth, wording, looking, number))
            if rule:
                prompts = rule.prompts(frame, task.concept, task.relation) if task.concept != UNKNOWN else []
                mask = runtime.outline(embeddings, prompts, (SCENE_SIZE_PX, SCENE_SIZE_PX))
                score = {"rule_iou": iou(mask, truth) if task.answer else float(not prompts), "rule_empty": not prompts}
                for row in rows[-2:]:
                    row |= score
    report = {w: summary([r for r in rows if r["wording"] == w]) for w in ("seen", "unseen")}
    report["baselines"] = baselines(rows)
    report["questions"] = rows
    out.write_text(json.dumps(report, indent=1) + "\n")
    return report


def _row(runtime, frame, features, embeddings, question: Question, truth, wording, looking, number) -> dict:
    reply = runtime.ask(frame, question.text, features)
    began = time.process_time()
    mask = runtime.outline(embeddings, reply.prompts or [], (SCENE_SIZE_PX, SCENE_SIZE_PX))
    target = bool(truth.any())
    area = truth.mean()
    quarter = SCENE_SIZE_PX // 4
    centre = np.zeros_like(truth)
    centre[quarter:-quarter, quarter:-quarter] = True
    return {
        "scene": number,
        "wording": wording,
        "question": question.text,
        "concept": "unknown" if question.concept == UNKNOWN else CONCEPTS[question.concept].key,
        "relation": RELATIONS[question.relation],
        "target": target,
        "valid": reply.prompts is not None,
        "empty": reply.prompts == [],
        "concept_right": CONCEPT_TOKENS[question.concept] in reply.text,
        "iou": iou(mask, truth) if target else float(reply.prompts == []),
        "shared": int((mask & truth).sum()),
        "union": int((mask | truth).sum()),
        "whole_frame": float(area),
        "constant_box": iou(centre, truth) if target else 0.0,
        "cpu_s": round(looking + reply.seconds["answer"] + time.process_time() - began, 3),
        "instances": len(reply.prompts or []),
    }


def summary(rows: list[dict]) -> dict:
    mean = lambda values: round(float(np.mean(values)), 3) if len(values) else None  # noqa: E731
    with_target = [r for r in rows if r["target"]]
    absent = [r for r in rows if not r["target"] and r["concept"] != "unknown"]
    outside = [r for r in rows if not r["target"] and r["concept"] == "unknown"]

    def by(key: str) -> dict[str, float]:
        return {value: mean([r["iou"] for r in with_target if r[key] == value]) for value in sorted({r[key] for r in with_target})}

    result = {
        "questions": len(rows),
        "with_target": len(with_target),
        "target_gIoU": mean([r["iou"] for r in with_target]),
        "target_cIoU": round(sum(r["shared"] for r in with_target) / max(1, sum(r["union"] for r in with_target)), 3),
        "no_target_accuracy": mean([r["iou"] for r in absent + outside]),
        "no_target_accuracy_absent_class": mean([r["iou"] for r in absent]),
        "no_target_accuracy_outside_list": mean([r["iou"] for r in outside]),
        "valid_answers": mean([r["valid"] for r in rows]),
        "concept_right": mean([r["concept_right"] for r in rows]),
        "falsely_empty": mean([r["empty"] for r in with_target]),
        "cpu_s_per_question": mean([r["cpu_s"] for r in rows]),
        "by_relation": by("relation"),
        "by_concept": by("concept"),
    }
    if rows and "rule_iou" in rows[0]:
        result["rule_target_gIoU"] = mean([r["rule_iou"] for r in with_target])
        result["rule_no_target_accuracy"] = mean([r["rule_iou"] for r in absent])
    return result


def baselines(rows: list[dict]) -> dict:
    """Answers that look at nothing, on the same questions: target gIoU, no-target accuracy, gIoU over all questions."""
    target = [r for r in rows if r["target"]]
    share_empty = 1 - len(target) / len(rows)

    def mean(key: str) -> float:
        return float(np.mean([r[key] for r in target]))

    def entry(on_target: float, on_empty: float) -> dict[str, float]:
        over_all = on_target * (1 - share_empty) + on_empty * share_empty
        return {"target_gIoU": round(on_target, 3), "no_target_accuracy": on_empty, "all_gIoU": round(over_all, 3)}

    return {
        "empty list": entry(0.0, 1.0),
        "whole frame": entry(mean("whole_frame"), 0.0),
        f"constant box (central half of the {FRAME_PX} px frame)": entry(mean("constant_box"), 0.0),
    }
