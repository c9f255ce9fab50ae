"""What both trainings share: rows of questions, the log, going on after an interruption, and what a full disk says."""

import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from safetensors import SafetensorError
from transformers import PreTrainedModel, PrinterCallback, ProgressCallback, Trainer, TrainerCallback
from transformers.utils import logging as transformers_logging

from .errors import ToolError, require_space, writing
from .file_state import files_at
from .pack_files import write_json
from .training_data import Sample, frame_of

SETTINGS, LOG, RESULT = "training.json", "log.jsonl", "model"


def question_rows(samples: Sequence[Sample], questions_per_image: int, template: str, seed: int) -> list[dict]:
    """`prompt` (a message of the user; TRL puts the image in front) and `sample` (the number of its sample); `seed` draws the questions."""
    random = np.random.default_rng(seed)
    rows = []
    for number, sample in enumerate(samples):
        count = min(questions_per_image, len(sample.questions))
        for chosen in random.choice(len(sample.questions), count, replace=False):
            text = template.replace("{question}", sample.questions[chosen])
            rows.append({"prompt": [{"role": "user", "content": text}], "sample": number})
    return rows


def with_images(
    rows: list[dict], samples: Sequence[Sample], frame_px: int, completion: Callable[[Sample], list[dict]] | None = None
) -> Dataset:
    """Images (and the completions of supervised training) are made when a row is asked for: no data set has to fit into memory."""

    def look(batch: dict[str, list]) -> dict[str, list]:
        asked = [samples[number] for number in batch["sample"]]
        batch["image"] = [frame_of(sample.image, frame_px) for sample in asked]
        return batch if completion is None else batch | {"completion": [completion(sample) for sample in asked]}

    return Dataset.from_list(rows).with_transform(look)


def require_space_for(model: PreTrainedModel, folder: Path, checkpoints: int) -> None:
    """For the result and so many checkpoints: all weights, and the two moments of AdamW of trained ones. Raises OUTPUT_FULL."""
    trained = sum(weight.numel() * weight.element_size() for weight in model.parameters() if weight.requires_grad)
    needed = (checkpoints + 1) * model.get_memory_footprint() + checkpoints * 2 * trained
    # Those that are there already give their space to the ones that follow.
    there = sum(path.stat().st_size for checkpoint in folder.glob("checkpoint-*") for path in files_at(checkpoint))
    require_space(folder, needed - there)


class LogFile(TrainerCallback):
    """Appends each row of the log to `log.jsonl`, and prints the few numbers that show whether it learns."""

    def __init__(self, folder: Path, shown: Sequence[str]) -> None:
        self.path, self.shown = folder / LOG, shown

    def on_log(self, arguments, state, control, logs=None, **_):
        row = {"step": state.global_step} | {key: value for key, value in (logs or {}).items()}
        with self.path.open("a") as log:
            log.write(json.dumps(row) + "\n")
        numbers = [f"{name} {row[name]:.4g}" for name in self.shown if name in row]
        if numbers:
            print(f"step {state.global_step} of {state.max_steps}:", ", ".join(numbers), flush=True)


def quiet(trainer: Trainer) -> None:
    """The log file says what happens; transformers' own printing and its warnings about itself do not."""
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """As `writing`, also for the libraries that wrap what the disk says in errors of their own."""
    try:
        with writing(folder):
            yield
    except (SafetensorError, RuntimeError) as error:
        text = str(error)
        if "No space left" in text or ("PytorchStreamWriter" in text and shutil.disk_usage(folder).free < 2**20):
            raise ToolError("OUTPUT_FULL", f"no space left while writing {folder}; free some and run the same command again") from error
        raise


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return False
    return True


def last_complete(folder: Path) -> Path | None:
    """The newest checkpoint whose last file was written; what an interruption or a full disk left of a newer one is passed over."""
    found = [path for path in folder.glob("checkpoint-*") if _is_json(path / "trainer_state.json")]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def check_output(folder: Path, settings: dict) -> None:
    """Raises OUTPUT_EXISTS when the folder holds a finished training, or one with other `settings`."""
    written = folder / SETTINGS
    if written.is_file() and json.loads(written.read_text()) != settings:
        raise ToolError("OUTPUT_EXISTS", f"{folder} holds a training with other settings ({written}), expected these; choose another --out")
    if (folder / RESULT).exists():
        raise ToolError("OUTPUT_EXISTS", f"{folder} holds a finished training, expected none or one to go on with; choose another --out")


def restore_weights(model: PreTrainedModel, checkpoint: Path) -> None:
    """Trainer tries this by the names in the file: those of published checkpoints, which transformers keeps for Qwen2.5-VL and no longer
    uses inside. It then restores nothing and goes on (transformers 5.23)."""
    saved = type(model).from_pretrained(checkpoint, dtype=model.dtype, local_files_only=True)
    model.load_state_dict(saved.state_dict())


def run(trainer: Trainer, folder: Path, settings: dict, shown: Sequence[str]) -> Path:
    """Trains, going on from the last checkpoint in `folder`, and writes `folder/model`. Returns its path.

    Raises OUTPUT_FULL and OUTPUT_NOT_WRITABLE; the same call goes on when there is space again.
    """
    with saving(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / SETTINGS, settings)
        quiet(trainer)
        trainer.add_callback(LogFile(folder, shown))
        start = last_complete(folder)
        if start is not None:
            print(f"going on from {start}", flush=True)
            restore_weights(trainer.model, start)
        trainer.train(resume_from_checkpoint=None if start is None else str(start))
        unfinished = folder / f".{RESULT}"
        trainer.save_model(str(unfinished))
        os.replace(unfinished, folder / RESULT)
    return folder / RESULT


def peak_memory_bytes() -> tuple[str, int]:
    """Where, and how much at most since the process began."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name(), torch.cuda.max_memory_allocated()
    import resource

    return "CPU", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
