"""Assembled packs: what goes in, what is refused, and that the application imports one and gets its answer."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from checkpoints import FRAME_PX, PROMPTS, write_random_sam, write_talking_qwen

from think2seg_models import assemble
from think2seg_models.__main__ import main
from think2seg_models.errors import ToolError

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Exported models and the texts that a user gives."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("sources")
    write_talking_qwen(root / "qwen")
    write_random_sam(root / "sam")
    assert main(["export-lvlm", str(root / "qwen"), "--out", str(root / "lvlm"), "--precision", "fp32"]) == 0
    assert main(["export-segmenter", str(root / "sam"), "--out", str(root / "segmenter")]) == 0
    (root / "template.txt").write_text("Find {question}. Answer with prompts.\n")
    schema = {"frame": [FRAME_PX, FRAME_PX], "box": True, "positivePoints": 2, "negativePoints": 0, "maxNewTokens": 64}
    (root / "schema.json").write_text(json.dumps(schema))
    (root / "licence.txt").write_text("Do what you like.\n")
    return root


def command(sources: Path, pack: Path, **changes: str) -> list[str]:
    options = {
        "lvlm": sources / "lvlm",
        "segmenter": sources / "segmenter",
        "template": sources / "template.txt",
        "schema": sources / "schema.json",
        "licence": sources / "licence.txt",
        "licence-id": "CC0-1.0",
        "id": "tiny",
        "title": "Tiny",
        "out": pack,
    }
    return ["assemble", *(str(part) for name, value in (options | changes).items() for part in (f"--{name}", value))]


@pytest.fixture(scope="module")
def pack(sources, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    assert main(command(sources, folder)) == 0
    return folder


def test_the_manifest_says_what_the_files_say(pack):
    manifest = json.loads((pack / "pack.json").read_text())
    assert manifest["prompt"] == {"template": "Find {question}. Answer with prompts."}
    assert manifest["frame"] == {"width": FRAME_PX, "height": FRAME_PX}
    assert manifest["generation"] == {"maxNewTokens": 64}
    listed = {entry["path"]: entry for entry in manifest["files"]}
    there = {path.relative_to(pack).as_posix() for path in pack.rglob("*") if path.is_file()}
    assert set(listed) == there - {"pack.json"}
    for path, entry in listed.items():
        content = (pack / path).read_bytes()
        assert (entry["bytes"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    card = (pack / "MODEL_CARD.md").read_text()
    assert listed["lvlm/onnx/decoder_model_merged.onnx"]["sha256"] in card


def test_nothing_is_left_beside_the_pack(pack):
    assert [path.name for path in pack.parent.iterdir()] == ["tiny"]


def test_an_existing_pack_is_kept_unless_told(sources, pack, capsys):
    before = (pack / "pack.json").read_bytes()
    assert main(command(sources, pack, version="2")) == 6
    assert capsys.readouterr().err.startswith("OUTPUT_EXISTS: ")
    assert (pack / "pack.json").read_bytes() == before


def test_missing_files_are_named(sources, tmp_path, capsys):
    shutil.copytree(sources / "lvlm", tmp_path / "lvlm")
    (tmp_path / "lvlm/tokenizer.json").unlink()
    (tmp_path / "lvlm/onnx/embed_tokens.onnx").unlink()
    assert main(command(sources, tmp_path / "pack", lvlm=tmp_path / "lvlm")) == 4
    message = capsys.readouterr().err
    assert message.startswith("PACK_INCOMPLETE: ")
    assert "tokenizer.json" in message and "embed_tokens" in message
    assert not (tmp_path / "pack").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("template", "Find it.", "PACK_INVALID: the prompt template has no {question}"),
        ("licence", "\n", "is empty, expected the licence"),
        ("schema", "[]", "expected JSON such as"),
        # Half a schema would make the application guess.
        ("schema", '{"frame": [84, 84], "box": true, "positivePoints": 2, "negativePoints": 0}', "maxNewTokens"),
        ("schema", '{"frame": [84, 0], "box": true, "positivePoints": 2, "negativePoints": 0, "maxNewTokens": 9}', "expected JSON such as"),
    ],
)
def test_texts_that_cannot_be_used(sources, tmp_path, capsys, name, content, message):
    (tmp_path / "text").write_text(content)
    assert main(command(sources, tmp_path / "pack", **{name: tmp_path / "text"})) == 4
    assert message in capsys.readouterr().err
    assert not (tmp_path / "pack").exists()


@pytest.mark.parametrize(("key", "value"), [("vocab_size", 10), ("image_token_id", 3)])
def test_a_tokenizer_of_another_model(sources, tmp_path, key, value):
    config = json.loads((sources / "lvlm/config.json").read_text())
    (config["text_config"] if key == "vocab_size" else config)[key] = value
    (tmp_path / "config.json").write_text(json.dumps(config))
    shutil.copyfile(sources / "lvlm/tokenizer.json", tmp_path / "tokenizer.json")
    with pytest.raises(ToolError, match=r"CHECKPOINT_MISMATCH: .*use the tokenizer it was trained with"):
        assemble.check_tokenizer(tmp_path)


def test_a_full_disk_is_noticed_before_anything_is_written(sources, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 1000))
    assert main(command(sources, tmp_path / "pack")) == 6
    assert capsys.readouterr().err.startswith("OUTPUT_FULL: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not (REPOSITORY / "node_modules").is_dir(), reason="needs the application: npm ci")
def test_the_application_imports_it_and_gets_its_answer(pack, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (3, 100, 120), dtype=np.uint8)
    profile = {"driver": "GTiff", "width": 120, "height": 100, "count": 3, "dtype": "uint8", "photometric": "RGB"}
    transform = rasterio.transform.from_origin(500000, 4000000, 0.5, 0.5)
    with rasterio.open(tmp_path / "scene.tif", "w", **profile, crs="EPSG:32631", transform=transform) as scene:
        scene.write(image)
    environment = os.environ | {"XDG_DATA_HOME": str(tmp_path / "data")}

    def think2seg(*arguments: str) -> str:
        entry = REPOSITORY / "src-main/think2seg.mjs"
        done = subprocess.run(["node", entry, *arguments], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    think2seg("pack", "import", str(pack))
    answer = think2seg(
        "segment", str(tmp_path / "scene.tif"), "--pack", "tiny", "--query", "a block", "--provider", "cpu",
        "--mode", "reference", "-o", str(tmp_path / "out.geojson"), "--json",
    )  # fmt: skip
    result = json.loads(answer.splitlines()[-1])
    assert result["status"] == "ok"
    assert result["reasoning"] == "one block stands out"
    assert result["prompts"] == PROMPTS
    assert result["pack"]["id"] == "tiny"


@pytest.fixture
def memory_group():
    """A control group of 600 MB, where this machine lets us make one: the file that takes the numbers of its processes."""
    root = Path("/sys/fs/cgroup")
    version_1 = (root / "memory").is_dir()
    group = (root / "memory" if version_1 else root) / f"think2seg-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no right to limit memory: {error}")
    try:
        (group / ("memory.limit_in_bytes" if version_1 else "memory.max")).write_text(str(600_000_000))
    except OSError as error:
        group.rmdir()
        pytest.skip(f"no right to limit memory: {error}")
    yield group / "cgroup.procs"
    # A process that has just ended leaves its group a moment later.
    for _ in range(50):
        try:
            group.rmdir()
            return
        except OSError:
            time.sleep(0.1)
    group.rmdir()


@pytest.mark.skipif(not (REPOSITORY / "node_modules").is_dir(), reason="needs the application: npm ci")
def test_the_application_refuses_a_model_that_the_memory_cannot_hold(sources, memory_group, tmp_path):
    schema = {"frame": [1120, 1120], "box": True, "positivePoints": 2, "negativePoints": 0, "maxNewTokens": 64}
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    assert main(command(sources, tmp_path / "pack", schema=str(tmp_path / "schema.json"))) == 0
    done = subprocess.run(
        ["node", REPOSITORY / "src-main/think2seg.mjs", "segment", REPOSITORY / "resources/sample/harbour.tif",
         "--pack", tmp_path / "pack", "--query", "a block", "--provider", "cpu", "--scale", "whole", "--quiet"],
        capture_output=True, text=True, timeout=120, preexec_fn=lambda: memory_group.write_text(str(os.getpid())),
    )  # fmt: skip
    assert done.returncode == 5
    refusal = r"MEMORY_INSUFFICIENT: the language model of pack tiny needs about \S+ GB of memory, \d+ MB are left of the cgroup"
    assert re.match(refusal, done.stderr)
