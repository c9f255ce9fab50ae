"""Both trainings on a toy task: they learn, only from the right masks, go on after an interruption, and refuse bad input."""

import argparse
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import toy_task
from checkpoints import write_random_sam
from safetensors.torch import load_file
from transformers import TrainerCallback

from think2seg_models import assemble, training_command
from think2seg_models.__main__ import main
from think2seg_models.errors import ToolError
from think2seg_models.pack_files import write_json
from think2seg_models.train_grpo import grpo_trainer
from think2seg_models.train_sft import sft_trainer
from think2seg_models.trainee import load_model, load_processor
from think2seg_models.training_command import Training
from think2seg_models.training_config import TrainingConfig
from think2seg_models.training_data import read_samples
from think2seg_models.training_run import last_complete, require_space_for, run

ON_CPU = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False, "lr_scheduler_type": "constant", "logging_steps": 1}
GRPO = {"num_generations": 16, "beta": 0.001, "max_completion_length": 6, "per_device_train_batch_size": 64, "learning_rate": 1e-3}
SFT = {"per_device_train_batch_size": 16, "learning_rate": 2e-3}
STEPS, WARM_STEPS = 56, 60
LEARNT = 0.55
"""Mean mask reward of the last steps that only a model which looks can have: without looking it is at most 0.25 in the mean."""


def config(**trainer) -> TrainingConfig:
    return TrainingConfig(frame_px=toy_task.FRAME_PX, trainer=ON_CPU | {"save_strategy": "no"} | trainer)


def training(checkpoint, data, settings: TrainingConfig) -> Training:
    return Training(
        load_model(checkpoint, settings), load_processor(checkpoint), read_samples(data, "train"), settings, "{question}", seed=1
    )


def log_of(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """`scenes`, the same with masks of `other` scenes, and a `warm` model that knows the form of the answers, taught on the latter."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("toy")
    toy_task.write_checkpoint(root / "random")
    toy_task.write_scenes(root / "scenes", 32, seed=1)
    toy_task.write_scenes(root / "other", 32, seed=2, shuffled=True)
    settings = config(**SFT, max_steps=WARM_STEPS)
    run(sft_trainer(training(root / "random", root / "other", settings), root / "sft"), root / "sft", {}, ())
    (root / "sft/model").rename(root / "warm")
    return root


def mask_rewards(toy, data: str, steps: int, out) -> list[float]:
    made = training(toy / "warm", toy / data, config(**GRPO, max_steps=steps))
    run(grpo_trainer(made, toy_task.fill_boxes, out), out, {}, ())
    return [row["rewards/mask/mean"] for row in log_of(out) if "rewards/mask/mean" in row]


def test_the_reward_of_masks_teaches_where_to_look(toy, tmp_path):
    rewards = mask_rewards(toy, "scenes", STEPS, tmp_path)
    assert np.mean(rewards[:8]) < 0.35
    assert np.mean(rewards[-8:]) > LEARNT
    first = log_of(tmp_path)[0]
    assert first["rewards/prompt_format/mean"] > 0.85  # what the warm start was for
    assert first["rewards/think_format/mean"] > 0.85


def test_the_masks_of_other_scenes_teach_nothing(toy, tmp_path):
    assert np.mean(mask_rewards(toy, "other", STEPS, tmp_path)[-8:]) < 0.4


def test_the_loss_of_supervised_training_falls(toy):
    losses = [row["loss"] for row in log_of(toy / "sft") if "loss" in row]
    assert losses[0] > 4
    assert losses[-1] < 0.4  # of which ln 4 / 6 is the quarter, which cannot be known


class Interrupt(TrainerCallback):
    def on_step_end(self, arguments, state, control, **_):
        if state.global_step == 5:
            raise KeyboardInterrupt


@pytest.mark.parametrize("kind", ["sft", "grpo"])
def test_an_interrupted_training_goes_on_as_if_nothing_had_been(toy, tmp_path, kind, capsys):
    settings = config(**(SFT if kind == "sft" else GRPO), max_steps=6)
    settings = replace(settings, trainer=settings.trainer | {"save_strategy": "steps", "save_steps": 2})

    def trainer(out):
        made = training(toy / "warm", toy / "scenes", settings)
        return sft_trainer(made, out) if kind == "sft" else grpo_trainer(made, toy_task.fill_boxes, out)

    run(trainer(tmp_path / "straight"), tmp_path / "straight", {}, ())
    cut = trainer(tmp_path / "cut")
    cut.add_callback(Interrupt())
    with pytest.raises(KeyboardInterrupt):
        run(cut, tmp_path / "cut", {}, ())
    assert not (tmp_path / "cut/model").exists()
    (tmp_path / "cut/checkpoint-6").mkdir()  # begun, not finished
    run(trainer(tmp_path / "cut"), tmp_path / "cut", {}, ())
    assert f"going on from {tmp_path}/cut/checkpoint-4" in capsys.readouterr().out
    straight, resumed = (load_file(tmp_path / name / "model/model.safetensors") for name in ("straight", "cut"))
    assert straight.keys() == resumed.keys()
    assert all(torch.equal(straight[name], resumed[name]) for name in straight)


@pytest.fixture(scope="module")
def command(toy):
    """Arguments of a training that works, with a random SAM."""
    write_random_sam(toy / "sam")
    (toy / "template.txt").write_text("{question}")
    small = [f"frame_px = {toy_task.FRAME_PX}", "use_cpu = true", "max_completion_length = 6", "per_device_train_batch_size = 8"]
    return {
        "train-grpo": str(toy / "warm"),
        "--segmenter": str(toy / "sam"),
        "--data": str(toy / "scenes"),
        "--template": str(toy / "template.txt"),
        "--config": "grpo-3b.toml",
        "--out": str(toy / "never"),
        "--set": small,
    }


def call(arguments: dict, *more: str) -> int:
    flat = [part for name, value in arguments.items() for part in (name, *(value if isinstance(value, list) else [value]))]
    return main([*flat, *more])


def test_a_dry_run_of_the_3b_settings_takes_one_step_and_says_what_the_training_needs(toy, command, capsys):
    assert call(command, "--dry-run") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["log"]["grad_norm"] > 0
    assert report["log"]["completions/mean_length"] > 1
    assert report["steps"] == 32 * 16 * 5 / (8 * 16)
    assert report["peak_memory_gb"] > report["weights_and_optimiser_gb"] > 0
    assert not (toy / "never").exists()


def fault(command, capsys, **changed) -> str:
    """What the command says on stderr with other arguments; None leaves one out."""
    arguments = {name: changed.get(name.strip("-").replace("-", "_"), value) for name, value in command.items()}
    status = call({name: value if isinstance(value, list) else str(value) for name, value in arguments.items() if value is not None})
    assert status in (2, 3, 4, 6)
    return capsys.readouterr().err


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_other_files_beside_images_are_not_taken_for_them(toy, tmp_path):
    data = shutil.copytree(toy / "scenes", tmp_path / "data")
    for name in (".DS_Store", "000.tfw", "000.tif.aux.xml"):
        (data / "train/images" / name).write_text("1")
    assert len(read_samples(data, "train")) == len(read_samples(toy / "scenes", "train"))


def test_it_refuses_masks_that_are_missing_or_do_not_fit_and_counts_them(toy, command, tmp_path, capsys):
    data = shutil.copytree(toy / "scenes", tmp_path / "data")
    (data / "train/labels/003.png").unlink()
    shutil.copyfile(data / "train/labels/004.png", data / "train/labels/alone.png")
    toy_task.Image.new("L", (20, 30)).save(data / "train/labels/005.png")
    (data / "train/labels/006.png").write_bytes(b"no image")
    (data / "train/QAs/007.json").write_text('{"questions": []}')
    cut_in_half(data / "train/labels/008.png")
    cut_in_half(next((data / "train/images").glob("009.*")))
    toy_task.Image.new("RGB", (56, 56)).save(data / "train/images/010.jpg")
    told = fault(command, capsys, data=data)
    assert told.startswith("INPUT_CORRUPT: 8 of 33 samples")
    for line in (
        "003: no mask",
        "005: the mask has 20 x 30 pixels, the image 56 x 56",
        "006: 006.png cannot be read whole (cannot identify image file",
        "007: 007.json has no list of questions",
        "008: 008.png cannot be read whole (image file is truncated",
        "009: 009",
        "010: several images (010.jpg, 010",
        "alone: no image",
    ):
        assert line in told


def test_it_refuses_a_folder_without_the_layout(command, tmp_path, capsys):
    assert fault(command, capsys, data=tmp_path).startswith("INPUT_NOT_FOUND: ")


def test_it_refuses_another_architecture(command, tmp_path, capsys):
    (tmp_path / "config.json").write_text('{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}')
    assert fault(command, capsys, train_grpo=tmp_path).startswith(f"CHECKPOINT_UNSUPPORTED: {tmp_path} is a LlamaForCausalLM")


def test_it_refuses_the_tokenizer_of_another_model(toy, command, tmp_path, capsys):
    folder = shutil.copytree(toy / "warm", tmp_path / "model")
    settings = json.loads((folder / "config.json").read_text())
    settings["image_token_id"] -= 1
    (folder / "config.json").write_text(json.dumps(settings))
    assert fault(command, capsys, train_grpo=folder).startswith("CHECKPOINT_MISMATCH: ")


def test_it_refuses_weights_of_another_size(toy, command, tmp_path, capsys):
    folder = shutil.copytree(toy / "warm", tmp_path / "model")
    settings = json.loads((folder / "config.json").read_text())
    settings["text_config"]["intermediate_size"] *= 2
    (folder / "config.json").write_text(json.dumps(settings))
    assert fault(command, capsys, train_grpo=folder).startswith("CHECKPOINT_MISMATCH: ")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"config": "grpo-4b.toml"}, "INPUT_NOT_FOUND: grpo-4b.toml is no file, expected a TOML file or one of grpo-"),
        ({"set": ["learning_rate: 3"]}, "USAGE: --set is no TOML"),
        ({"set": ["num_generation = 3"]}, "USAGE: [trainer] has num_generation, which GRPOConfig does not know"),
        ({"set": ['rewards = ["beauty"]']}, "USAGE: grpo-3b.toml has the rewards beauty"),
        ({"template": None}, "USAGE: grpo-3b.toml has no template"),
        ({"template": "nowhere.txt"}, "INPUT_NOT_FOUND: nowhere.txt is missing"),
        ({"segmenter": "nowhere"}, "INPUT_NOT_FOUND: nowhere is missing"),
    ],
)
def test_it_refuses_settings_that_cannot_be(command, changed, told, capsys):
    assert fault(command, capsys, **changed).startswith(told)


def test_it_refuses_to_mix_two_trainings(toy, command, tmp_path, capsys):
    (tmp_path / "training.json").write_text('{"seed": 7}')
    assert fault(command, capsys, out=tmp_path).startswith(f"OUTPUT_EXISTS: {tmp_path} holds a training with other settings")


@pytest.mark.parametrize("changed", ["segmenter", "mask"])
def test_it_does_not_go_on_with_another_reward(toy, command, tmp_path, monkeypatch, capsys, changed):
    monkeypatch.setattr(training_command, "run", lambda trainer, out, settings, shown: write_json(out / "training.json", settings))
    (tmp_path / "out").mkdir()
    data = shutil.copytree(toy / "scenes", tmp_path / "data")
    segmenter = shutil.copytree(toy / "sam", tmp_path / "sam")
    arguments = command | {"--data": str(data), "--segmenter": str(segmenter), "--out": str(tmp_path / "out")}
    assert call(arguments) == call(arguments) == 0
    os.utime({"segmenter": segmenter / "config.json", "mask": data / "train/labels/003.png"}[changed], (1, 1))
    assert call(arguments) == 6
    assert "holds a training with other settings" in capsys.readouterr().err


@pytest.mark.parametrize("written", [b"Look.\nFind {question}.\n", b"\xef\xbb\xbfLook.\r\nFind {question}.\r\n"])
def test_what_editors_add_to_a_template_is_none_of_the_prompt(tmp_path, written):
    (tmp_path / "template.txt").write_bytes(written)
    options = argparse.Namespace(template=tmp_path / "template.txt", config="")
    assert training_command.read_template(options, config(**GRPO)) == "Look.\nFind {question}."
    assert assemble.read_text(tmp_path / "template.txt", "the prompt template") == "Look.\nFind {question}.\n"


def test_a_checkpoint_that_a_full_disk_cut_off_is_passed_over(tmp_path):
    for step, text in ((2, "{}"), (4, "")):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}/trainer_state.json").write_text(text)
    assert last_complete(tmp_path) == tmp_path / "checkpoint-2"


def test_checkpoints_that_are_there_are_not_asked_room_for_again(tmp_path, monkeypatch):
    model = torch.nn.Linear(1000, 1000, bias=False)
    model.get_memory_footprint = lambda: 4_000_000
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 0, 15_000_000))
    with pytest.raises(ToolError, match="OUTPUT_FULL"):
        require_space_for(model, tmp_path, 1)
    (tmp_path / "checkpoint-2").mkdir()
    (tmp_path / "checkpoint-2/model.safetensors").write_bytes(bytes(4_000_000))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 0, 12_500_000))
    require_space_for(model, tmp_path, 1)


def test_it_says_which_package_is_missing(command, monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "think2seg_models.train_grpo", raising=False)
    monkeypatch.setitem(sys.modules, "trl", None)
    assert call(command) == 2
    assert capsys.readouterr().err.startswith("USAGE: the package trl is missing")


def test_a_full_disk_is_noticed_before_it_starts(command, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - 10, 10))
    assert fault(command, capsys, out=tmp_path / "out").startswith("OUTPUT_FULL: ")
    assert not (tmp_path / "out").exists()
