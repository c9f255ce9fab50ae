"""The command line of both trainings: from arguments to a trainer, and either a training or one measured step."""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from transformers import PreTrainedModel, Trainer, TrainingArguments
from transformers.processing_utils import ProcessorMixin

from .checkpoint import fingerprint
from .errors import ToolError
from .file_state import state_of
from .trainee import check_architecture, load_model, load_processor
from .training_config import TrainingConfig, read_config
from .training_data import Sample, read_samples
from .training_run import check_output, peak_memory_bytes, quiet, require_space_for, run


@dataclass(frozen=True)
class Training:
    """All that a trainer is made of. `template` holds `{question}`."""

    model: PreTrainedModel
    processor: ProcessorMixin
    samples: Sequence[Sample]
    config: TrainingConfig
    template: str
    seed: int = 0


MakeTrainer = Callable[[Training, Path], Trainer]


def arguments_of(kind: type[TrainingArguments], training: Training, out: Path, **ours: object) -> TrainingArguments:
    """`[trainer]` of the settings as TRL's configuration. Raises USAGE for keys that it does not know."""
    known = kind.__dataclass_fields__.keys()
    unknown = sorted(training.config.trainer.keys() - known)
    if unknown:
        raise ToolError("USAGE", f"[trainer] has {', '.join(unknown)}, which {kind.__name__} does not know; correct the settings")
    return kind(
        **{"output_dir": str(out), "seed": training.seed, "report_to": "none", "disable_tqdm": True, "remove_unused_columns": False}
        | ours
        | training.config.trainer
    )


def command_parser(name: str, about: str, taken: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m think2seg_models {name}", description=about.split("\n")[0])
    parser.add_argument("checkpoint", type=Path, help=f"folder of {taken}")
    parser.add_argument("--config", required=True, help="TOML file, or the name of one of this package")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="settings that differ from --config, as lines of TOML")
    parser.add_argument("--data", type=Path, required=True, help="data set in the layout of EarthReason")
    parser.add_argument("--split", default="train")
    parser.add_argument("--template", type=Path, help="text file with {question}, if the settings have none")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints, log and result; the same command goes on there")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dry-run", action="store_true", help="one step only, on one question; says what the training will need")
    return parser


def read_template(options: argparse.Namespace, config: TrainingConfig) -> str:
    if options.template is None and config.template is None:
        raise ToolError("USAGE", f"{options.config} has no template, expected --template with the words the model is trained on; give it")
    if options.template is not None and not options.template.is_file():
        raise ToolError("INPUT_NOT_FOUND", f"{options.template} is missing, expected a text file with {{question}}; check the path")
    # An editor ends a file with a line feed and may begin it with a byte order mark; `assemble` takes them off too.
    template = config.template if options.template is None else options.template.read_text(encoding="utf-8-sig").removesuffix("\n")
    if "{question}" not in template:
        raise ToolError("USAGE", f"the template {template[:60]!r} has no {{question}}; put it where the question goes")
    return template


def run_command(
    options: argparse.Namespace, make_trainer: MakeTrainer, shown: Sequence[str], more_settings: Mapping[str, object] | None = None
) -> int:
    """`more_settings` are those of one kind of training alone: a training goes on only with the same."""
    config = read_config(options.config, options.set)
    template = read_template(options, config)
    check_architecture(options.checkpoint)
    samples = read_samples(options.data, options.split)
    settings = {
        "checkpoint": fingerprint(options.checkpoint),
        "data": str(options.data.resolve()),
        "split": options.split,
        "samples": len(samples),
        "files": state_of(chain.from_iterable((sample.image, sample.label, sample.about) for sample in samples)),
        "template": template,
        "seed": options.seed,
        "config": json.loads(json.dumps(asdict(config))),
        **(more_settings or {}),
    }
    if not options.dry_run:
        check_output(options.out, settings)
    processor = load_processor(options.checkpoint)
    training = Training(load_model(options.checkpoint, config), processor, samples, config, template, options.seed)
    if options.dry_run:
        print(json.dumps(dry_run(training, make_trainer), indent=1))
    else:
        # One checkpoint more than are kept: the oldest goes when the newest is there.
        require_space_for(training.model, options.out, config.trainer.get("save_total_limit", 1) + 1)
        print(f"trained: {run(make_trainer(training, options.out), options.out, settings, shown)}")
    return 0


def dry_run(training: Training, make_trainer: MakeTrainer) -> dict[str, object]:
    """One step of optimisation on the answers to one question, everything real, and what follows from it for the whole training."""
    settings = training.config.trainer
    answers = settings.get("num_generations", 1)
    batch = settings.get("per_device_train_batch_size", 8)
    alone = {"gradient_accumulation_steps": -(-answers // batch), "max_steps": 1, "save_strategy": "no", "logging_steps": 1}
    config = replace(training.config, trainer=settings | alone)
    with TemporaryDirectory() as folder:
        trainer = make_trainer(replace(training, config=config), Path(folder))
        quiet(trainer)
        began = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - began
    device, peak = peak_memory_bytes()
    weights = list(trainer.model.parameters())
    trained = sum(weight.numel() * weight.element_size() for weight in weights if weight.requires_grad)
    reference = trainer.model.get_memory_footprint() if settings.get("beta", 0) else 0
    steps = settings.get("max_steps") or _steps(training, answers * settings.get("num_train_epochs", 3), batch)
    hours = steps * seconds * settings.get("gradient_accumulation_steps", 1) / alone["gradient_accumulation_steps"] / 3600
    return {
        "device": device,
        "parameters": sum(weight.numel() for weight in weights),
        "trained": sum(weight.numel() for weight in weights if weight.requires_grad),
        "log": trainer.state.log_history[0],
        "seconds": round(seconds, 1),
        "peak_memory_gb": round(peak / 1e9, 2),
        "steps": steps,
        "hours": round(hours, 2),
        # Gradients and the two moments of AdamW beside the weights; activations come on top.
        "weights_and_optimiser_gb": round((trainer.model.get_memory_footprint() + reference + 3 * trained) / 1e9, 2),
    }


def _steps(training: Training, answers_a_question: float, batch: int) -> int:
    """Steps of the whole training on one device."""
    questions = sum(min(len(sample.questions), training.config.questions_per_image) for sample in training.samples)
    return ceil(questions * answers_a_question / (batch * training.config.trainer.get("gradient_accumulation_steps", 1)))
