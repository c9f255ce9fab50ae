"""Failures that a user can meet, with the exit status the command line gives them (those of the application)."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXIT_STATUS = {
    "USAGE": 2,
    "INPUT_NOT_FOUND": 3,
    "INPUT_CORRUPT": 3,
    "CHECKPOINT_UNSUPPORTED": 3,
    "CHECKPOINT_INCOMPLETE": 3,
    "CHECKPOINT_MISMATCH": 3,
    "PACK_INVALID": 4,
    "PACK_INCOMPLETE": 4,
    "OUTPUT_EXISTS": 6,
    "OUTPUT_FULL": 6,
    "OUTPUT_NOT_WRITABLE": 6,
}


class ToolError(Exception):
    """An error with a stable code; the message says what was got, what was expected and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code

    @property
    def exit_status(self) -> int:
        return EXIT_STATUS[self.code]


def require_space(folder: Path, needed_bytes: int) -> None:
    """Raises OUTPUT_FULL before anything is written when the disk of `folder` (or of its nearest parent) cannot hold it."""
    existing = next(place for place in (folder, *folder.absolute().parents) if place.is_dir())
    free_bytes = shutil.disk_usage(existing).free
    if needed_bytes > free_bytes:
        raise ToolError(
            "OUTPUT_FULL",
            f"{folder} has {free_bytes / 1e9:.2f} GB free, about {needed_bytes / 1e9:.2f} GB are needed; free some or choose another disk",
        )


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Gives failures of the disk inside the block their code: OUTPUT_FULL or OUTPUT_NOT_WRITABLE."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ToolError("OUTPUT_FULL", f"no space left while writing {folder}; free some and run the same command again") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EFBIG):
            raise ToolError("OUTPUT_NOT_WRITABLE", f"{folder} cannot be written ({error.strerror}); choose another folder") from error
        raise
