"""Teach a prompter the form of answers on ones derived from masks, with TRL's SFTTrainer: the cold start before `train-grpo`."""

from collections.abc import Sequence
from pathlib import Path

from trl import SFTConfig, SFTTrainer

from .errors import ToolError
from .mask_answers import answer_of
from .trainee import is_nano
from .training_command import Training, arguments_of, command_parser, run_command
from .training_data import Sample, target_of
from .training_run import question_rows, with_images


def sft_trainer(training: Training, out: Path) -> SFTTrainer:
    """Loss on the answers only; nothing is cut off."""
    config, samples = training.config, training.samples

    def completion(sample: Sample) -> list[dict]:
        return [{"role": "assistant", "content": answer_of(target_of(sample.label, config.frame_px))}]

    rows = question_rows(samples, config.questions_per_image, training.template, training.seed)
    return SFTTrainer(
        model=training.model,
        args=arguments_of(SFTConfig, training, out, max_length=None, completion_only_loss=True),
        train_dataset=with_images(rows, samples, config.frame_px, completion),
        processing_class=training.processor,
    )


def main(argv: Sequence[str]) -> int:
    options = command_parser("train-sft", __doc__, "a Qwen2.5-VL").parse_args(argv)
    if is_nano(options.checkpoint):
        raise ToolError(
            "CHECKPOINT_UNSUPPORTED",
            f"{options.checkpoint} is a nano prompter, expected a Qwen2.5-VL; teach it with train-prompter",
        )
    return run_command(options, sft_trainer, ("loss", "mean_token_accuracy"))
