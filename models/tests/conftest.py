"""What several test files share, because exporting takes seconds."""

import pytest
import torch

from think2seg_models import export_lvlm, tiny_qwen
from think2seg_models.pack_files import PRECISIONS


@pytest.fixture(scope="session")
def qwen_checkpoint(tmp_path_factory):
    """Folder of the tiny random Qwen2.5-VL. Tests copy it before they change it."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("qwen")
    tiny_qwen.write_checkpoint(folder)
    return folder


@pytest.fixture(scope="session")
def qwen_export(qwen_checkpoint, tmp_path_factory):
    """The same, exported in every precision, alone in its parent folder."""
    folder = tmp_path_factory.mktemp("qwen-export") / "lvlm"
    export_lvlm.export_lvlm(qwen_checkpoint, folder, PRECISIONS)
    return folder
