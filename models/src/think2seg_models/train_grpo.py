"""Train a prompter with nothing but the quality of masks as its reward: TRL's GRPO with a frozen segmenter in the loop."""

from collections.abc import Sequence
from pathlib import Path

from trl import GRPOConfig, GRPOTrainer

from .file_state import files_at, state_of
from .frozen_segmenter import SegmentFrame, open_segmenter
from .mask_judge import reward_functions
from .rewards import WEIGHTS
from .training_command import Training, arguments_of, command_parser, run_command
from .training_run import question_rows, with_images

SHOWN = ("reward", "rewards/mask/mean", "completions/mean_length", "kl", "step_time")


def grpo_trainer(training: Training, segment: SegmentFrame, out: Path) -> GRPOTrainer:
    """What `segment` makes of the answers is compared with the masks of the samples."""
    config, samples = training.config, training.samples
    rows = question_rows(samples, config.questions_per_image, training.template, training.seed)
    return GRPOTrainer(
        model=training.model,
        reward_funcs=reward_functions(config.rewards, samples, config.frame_px, segment),
        args=arguments_of(GRPOConfig, training, out, reward_weights=[WEIGHTS[name] for name in config.rewards]),
        train_dataset=with_images(rows, samples, config.frame_px),
        processing_class=training.processor,
    )


def main(argv: Sequence[str]) -> int:
    parser = command_parser("train-grpo", __doc__, "a Qwen2.5-VL or of a nano prompter")
    parser.add_argument("--segmenter", type=Path, required=True, help="a SAM 2 checkpoint, a pack, or the segmenter folder of one")
    options = parser.parse_args(argv)
    segmenter = {"segmenter": state_of(files_at(options.segmenter))}
    return run_command(options, lambda training, out: grpo_trainer(training, open_segmenter(options.segmenter), out), SHOWN, segmenter)
