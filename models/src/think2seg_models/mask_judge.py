"""What a completion earns: the rewards in the form that TRL calls, with a frozen segmenter behind the mask reward."""

from collections.abc import Callable, Sequence

from .frozen_segmenter import SegmentFrame
from .rewards import WEIGHTS, mask_reward, prompt_format_reward, think_format_reward
from .training_data import Sample, frame_of, target_of

Completion = list[dict]
"""Messages; the text of the answer is the content of the only one."""
Reward = Callable[..., list[float]]


def reward_functions(names: Sequence[str], samples: Sequence[Sample], frame_px: int, segment: SegmentFrame) -> list[Reward]:
    """The rewards `names` of WEIGHTS. Each takes `completions` and `sample`, the numbers of the samples that they are about."""

    def mask(completions: list[Completion], sample: list[int], **_: object) -> list[float]:
        return [_judge(completion[0]["content"], samples[number]) for completion, number in zip(completions, sample, strict=True)]

    def _judge(text: str, sample: Sample) -> float:
        frame = frame_of(sample.image, frame_px)
        return mask_reward(text, target_of(sample.label, frame_px), lambda prompts: segment(frame, prompts))

    def prompt_format(completions: list[Completion], **_: object) -> list[float]:
        return [prompt_format_reward(completion[0]["content"]) for completion in completions]

    def think_format(completions: list[Completion], **_: object) -> list[float]:
        return [think_format_reward(completion[0]["content"]) for completion in completions]

    known = {"mask": mask, "prompt_format": prompt_format, "think_format": think_format}
    assert known.keys() == WEIGHTS.keys()
    return [known[name] for name in names]
