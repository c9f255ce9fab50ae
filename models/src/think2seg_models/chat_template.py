"""The chat template of a pack: text by strangers that is run, so in jinja's sandbox and by the rules of transformers."""

from pathlib import Path

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .errors import ToolError


class ChatTemplate:
    """Raises PACK_INVALID where the file is no template, or cannot write a conversation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        environment.globals["raise_exception"] = _refuse
        try:
            self._template = environment.from_string(path.read_text(encoding="utf-8"))
        except (TemplateError, UnicodeDecodeError) as error:
            raise ToolError("PACK_INVALID", f"{path} is no chat template ({error}); assemble the pack again") from error

    def render(self, messages: list[dict]) -> str:
        """What the model reads, up to where its answer begins."""
        try:
            return self._template.render(messages=messages, add_generation_prompt=True)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise ToolError(
                "PACK_INVALID", f"{self.path} cannot write a question about an image ({error}); assemble the pack again"
            ) from error


def _refuse(message: str) -> None:
    raise TemplateError(message)


def image_place(ids: list[int], image_token: int, template: ChatTemplate) -> int:
    """Index in `ids`, the tokens of what `template` wrote, of the image's only token. Raises PACK_INVALID for none or several."""
    if ids.count(image_token) != 1:
        raise ToolError(
            "PACK_INVALID", f"{template.path} writes the image {ids.count(image_token)} times, expected once; assemble the pack again"
        )
    return ids.index(image_token)
