"""Disks that are full, become full, or take no large file: a clear error, nothing half-made at the target, and the export goes on."""

import hashlib
import json
import os
import resource
import subprocess

import pytest
import torch
from checkpoints import FRAME_PX, write_random_sam

from think2seg_models import assemble, export_lvlm, export_segmenter
from think2seg_models.__main__ import main
from think2seg_models.errors import ToolError
from think2seg_models.weight_files import save_whole


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 512 kB, less than any of the models takes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode != 0:
        reason = f"no right to mount a small disk: {mounted.stderr.strip()}"
        # A gate that says it has everything must not pass without this.
        (pytest.fail if os.environ.get("T2S_REQUIRE_PYTHON") == "1" else pytest.skip)(reason)
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.fixture(scope="module")
def sam_checkpoint(tmp_path_factory):
    return write_random_sam(tmp_path_factory.mktemp("sam"))


@pytest.fixture(scope="module")
def sam_export(sam_checkpoint, tmp_path_factory):
    out = tmp_path_factory.mktemp("sam-export") / "segmenter"
    assert main(["export-segmenter", str(sam_checkpoint), "--out", str(out)]) == 0
    return out


@pytest.fixture(params=["export-lvlm", "export-segmenter", "assemble"])
def command(request, qwen_checkpoint, qwen_export, sam_checkpoint, sam_export, tmp_path):
    if request.param == "export-lvlm":
        return ["export-lvlm", str(qwen_checkpoint), "--precision", "fp32"]
    if request.param == "export-segmenter":
        return ["export-segmenter", str(sam_checkpoint)]
    schema = {"frame": [FRAME_PX, FRAME_PX], "box": True, "positivePoints": 2, "negativePoints": 0, "maxNewTokens": 64}
    texts = {"template": "Find {question}.", "schema": json.dumps(schema), "licence": "Do what you like.\n"}
    options = ["--lvlm", str(qwen_export), "--segmenter", str(sam_export), "--licence-id", "CC0-1.0", "--id", "tiny", "--title", "Tiny"]
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        options += [f"--{name}", str(tmp_path / name)]
    return ["assemble", *options]


def believe_there_is_room(monkeypatch):
    """As when another program fills the disk after the start."""
    for module in (assemble, export_lvlm, export_segmenter):
        monkeypatch.setattr(module, "require_space", lambda *_: None)


def test_it_is_noticed_before_the_work(command, small_disk, capsys):
    assert main([*command, "--out", str(small_disk / "out")]) == 6
    assert capsys.readouterr().err.startswith(f"OUTPUT_FULL: {small_disk / 'out'} has 0.00 GB free")
    assert not (small_disk / "out").exists()


def test_it_becomes_full_in_the_middle(command, small_disk, monkeypatch, capsys):
    believe_there_is_room(monkeypatch)
    assert main([*command, "--out", str(small_disk / "out")]) == 6
    assert capsys.readouterr().err.startswith(f"OUTPUT_FULL: no space left while writing {small_disk / 'out'}")
    assert not (small_disk / "out").exists()


def test_weights_that_no_longer_fit_leave_those_before(small_disk):
    weights = small_disk / "detector.pt"
    save_whole(weights, torch.zeros(1000))
    with pytest.raises(ToolError, match="OUTPUT_FULL: no space left"):
        save_whole(weights, torch.zeros(10**6))
    assert torch.load(weights).shape == (1000,)
    assert [path.name for path in small_disk.iterdir()] == ["detector.pt"]


def digest(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "onnx").iterdir()}


def test_the_export_goes_on_once_there_is_room(qwen_checkpoint, qwen_export, small_disk, monkeypatch, capsys):
    command = ["export-lvlm", str(qwen_checkpoint), "--precision", "fp32", "--out", str(small_disk / "out")]
    with monkeypatch.context() as patch:
        believe_there_is_room(patch)
        assert main(command) == 6
    written_bytes = sum(path.stat().st_size for path in small_disk.rglob("*") if path.is_file())
    assert written_bytes > 100_000
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert main(command) == 0
    expected = digest(qwen_export)
    assert digest(small_disk / "out") == {name: expected[name] for name in digest(small_disk / "out")}
    assert [path.name for path in small_disk.iterdir()] == ["out"]


def test_a_disk_that_takes_no_large_file(command, tmp_path, capsys):
    """Such as FAT32 with its 4 GiB; here the process may not write more than 200 kB to a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        status = main([*command, "--out", str(tmp_path / "out")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert status == 6
    assert capsys.readouterr().err.startswith(f"OUTPUT_NOT_WRITABLE: {tmp_path / 'out'} cannot be written (File too large)")
    assert not (tmp_path / "out").exists()
