"""Scenes of every kind of place side by side, what can be asked about outlined and named: for eyes that check the generator."""

from pathlib import Path

import cv2
import numpy as np

from .landscapes import landscape
from .scenes import HELD_OUT_STYLES, KINDS, SEEN_STYLES, Scene, render, texture_bank
from .settlements import settlement
from .truth import concept_instances

TILE_PX = 256
OUTLINE_BGR, WORD_BGR = (60, 60, 255), (255, 255, 255)


def _write(tile: np.ndarray, text: str, at: tuple[int, int]) -> None:
    for colour, thickness in (((0, 0, 0), 3), (WORD_BGR, 1)):
        cv2.putText(tile, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.34, colour, thickness, cv2.LINE_AA)


def _tile(scene: Scene, about: str) -> np.ndarray:
    """[TILE_PX, TILE_PX, 3] u8, BGR."""
    tile = scene.image[..., ::-1].copy()
    for found in concept_instances(scene):
        outlines, _ = cv2.findContours(found.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(tile, outlines, -1, OUTLINE_BGR, 1)
        _write(tile, found.kind, (max(1, found.box[0]), max(10, found.box[1] + 10)))
    _write(tile, about, (3, TILE_PX - 5))
    return tile


def _in_style(seed: int, style: int, kind: str) -> np.ndarray:
    scene = render(seed, texture_bank(style), TILE_PX, kind)
    return _tile(scene, f"{kind}, {scene.conditions.season}, {scene.metres_per_unit:.1f} m")


def write_contact_sheet(out: Path, seed: int) -> None:
    """A row of three seen and three held-out styles for each kind of place, then rows of landscapes and settlements."""
    styles = (*SEEN_STYLES[:3], *HELD_OUT_STYLES)
    rows = [[_in_style(seed + column, style, kind) for column, style in enumerate(styles)] for kind in KINDS]
    for draw in (landscape, settlement):
        rows.append([_tile(draw(seed + column, TILE_PX), draw.__name__) for column in range(len(styles))])
    out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(out), np.vstack([np.hstack(row) for row in rows]), [cv2.IMWRITE_JPEG_QUALITY, 60])
