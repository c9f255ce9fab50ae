"""Training samples of the detector: cached scenes seen from other places, by other sensors, and what is to be found in them.

All scenes lie on the device that trains, and all samples of a batch are cut at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from . import photo_variety as variety
from .detections import N_CLASSES
from .detector import LAYER_OF, LAYERS, STRIDE
from .picture_store import PictureStore
from .scene_cache import COARSE, SCENE_PX, finished_shards, read_shard, require_scenes
from .vocabulary import FRAME_PX

GRID = FRAME_PX // STRIDE
BALANCED = 0.6
WHOLE = 0.35
"""Share of the samples that show all of their scene."""
SMALLEST_SHARE, SMALLEST_PX = 0.35, 4
"""Of an object that the edge of a view cuts: less is not to be found."""


@dataclass
class View:
    """Square parts of scenes, mirrored and turned: `side` [B] and `corner` [B,2] in scene pixels; `turn` [B,2,2] takes offsets from
    the middle of the picture to offsets from the middle of the part."""

    side: torch.Tensor
    corner: torch.Tensor
    turn: torch.Tensor

    def rows(self, index: torch.Tensor) -> "View":
        return View(self.side[index], self.corner[index], self.turn[index])

    def turned(self, place: torch.Tensor) -> torch.Tensor:
        """Places [B,n,2] in a picture or a box, 0..1 -> the same places before mirroring and turning."""
        return (place - 0.5) @ self.turn.transpose(1, 2) + 0.5

    def to_scene(self, place: torch.Tensor) -> torch.Tensor:
        """Places [B,n,2] in the picture, 0..1 -> scene pixels."""
        return self.corner[:, None] + self.side[:, None, None] * self.turned(place)

    def boxes(self, box: torch.Tensor) -> torch.Tensor:
        """One box a view: [B,4] scene pixels inside the part -> [B,4] frame pixels."""
        corners = (box.reshape(-1, 2, 2) - self.corner[:, None]) / self.side[:, None, None] - 0.5
        placed = (corners @ self.turn + 0.5) * FRAME_PX
        return torch.cat([placed.amin(1), placed.amax(1)], 1)


def turns(device: torch.device) -> torch.Tensor:
    """[8,2,2]: the mirrored and turned squares."""
    quarter, mirror = torch.tensor([[0.0, -1.0], [1.0, 0.0]]), torch.tensor([[-1.0, 0.0], [0.0, 1.0]])
    powers = [torch.linalg.matrix_power(quarter, k) for k in range(4)]
    return torch.stack([*powers, *(power @ mirror for power in powers)]).to(device)


def random_views(count: int, device: torch.device) -> View:
    """At least three quarters of the side of the scene."""
    side = SCENE_PX * torch.where(torch.rand(count, device=device) < WHOLE, 1.0, 0.75 + 0.25 * torch.rand(count, device=device))
    corner = (SCENE_PX - side)[:, None] * torch.rand(count, 2, device=device)
    return View(side, corner, turns(device)[torch.randint(8, (count,), device=device)])


def _centres(cells: int, device: torch.device) -> torch.Tensor:
    """[1,cells**2,2] x, y in 0..1, row by row."""
    centre = (torch.arange(cells, device=device) + 0.5) / cells
    return torch.stack(torch.meshgrid(centre, centre, indexing="xy"), -1).reshape(1, -1, 2)


def look(images: torch.Tensor, view: View) -> torch.Tensor:
    """Scenes [B,P,P,3] u8 -> pictures [B,3,280,280] in 0..255, every second one sharper."""
    place = view.to_scene(_centres(FRAME_PX, images.device)).reshape(-1, FRAME_PX, FRAME_PX, 2) / (SCENE_PX / 2) - 1
    scene = images.permute(0, 3, 1, 2).float()
    pictures = torch.empty(len(images), 3, FRAME_PX, FRAME_PX, device=images.device)
    for half, mode in enumerate(("bilinear", "bicubic")):
        pictures[half::2] = F.grid_sample(scene[half::2], place[half::2], mode=mode, padding_mode="border", align_corners=False)
    return pictures.clamp(0, 255)


def cut_objects(view: View, box: torch.Tensor, coarse: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """One view an object; boxes [n,4] scene pixels, coarse masks [n,16,16] -> which can be seen [n]; of those their boxes
    (frame pixels) and coarse masks [k,COARSE**2]."""
    low = torch.maximum(box[:, :2], view.corner)
    high = torch.minimum(box[:, 2:], view.corner + view.side[:, None])
    size, whole = (high - low).clamp(min=0), box[:, 2:] - box[:, :2]
    seen = (size.prod(1) > SMALLEST_SHARE * whole.prod(1)) & (size.amin(1) > SMALLEST_PX)
    view, box, coarse, low, size, whole = view.rows(seen), box[seen], coarse[seen], low[seen], size[seen], whole[seen]
    cell = low[:, None] + size[:, None] * view.turned(_centres(COARSE, box.device).expand(len(box), -1, -1))
    place = (cell - box[:, None, :2]) / whole[:, None] * 2 - 1
    masks = F.grid_sample(coarse[:, None], place[:, :, None], mode="bilinear", padding_mode="border", align_corners=False)
    return seen, view.boxes(torch.cat([low, low + size], 1)), masks.reshape(-1, COARSE * COARSE)


def vary_photo(picture: torch.Tensor) -> torch.Tensor:
    """Colour, contrast, grey, haze, blur, resolution and noise: sensors that the generator does not imitate."""
    picture = variety.sometimes(0.5, picture, variety.mix_channels(picture, 0.16))
    picture = variety.sometimes(0.3, picture, variety.gamma(picture, variety.uniform(picture, 0.65, 1.5, 3)))
    cells, channels = int(torch.randint(2, 24, ())), 1 if torch.rand(()) < 0.6 else 3
    picture = variety.sometimes(0.3, picture, variety.uneven(picture, cells, channels))
    picture = variety.sometimes(0.15, picture, variety.grey(picture))
    brighter = 128 + variety.normal(picture, 14) + variety.normal(picture, 9, 3)
    picture = variety.sometimes(0.6, picture, (picture - 128) * variety.uniform(picture, 0.6, 1.5) + brighter)
    small = int(FRAME_PX * (0.4 + 0.5 * torch.rand(())))
    picture = variety.sometimes(0.25, picture, variety.coarser(picture, small, "bicubic"))
    picture = variety.sometimes(0.12, picture, variety.stretched(picture, 0.1))
    picture = variety.sometimes(0.2, picture, variety.noisy(picture, variety.uniform(picture, 2, 10)))
    picture = variety.sometimes(0.15, picture, variety.gamma(picture, variety.uniform(picture, 0.6, 1.6)))
    return picture.clamp(0, 255)


def targets(count: int, sample: torch.Tensor, category: torch.Tensor, box: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Of n objects in `count` pictures (`sample` [n], `category` [n], `box` [n,4] frame pixels): class heat [B,C,35,35] with a peak of
    exactly 1 at each centre, and by layer the object that owns each cell or -1, [B,2,35,35]. Of several the smallest owns it."""
    device, n = box.device, len(box)
    low, high = box[:, :2] / STRIDE, box[:, 2:] / STRIDE
    centre = ((low + high) / 2 - 0.5).round().clamp(0, GRID - 1)
    spread = (0.11 * (high - low)).clamp(min=0.55)
    cell = torch.arange(GRID, device=device).float()
    apart = ((cell - centre[..., None]) / spread[..., None]) ** 2  # [n,2,35]
    bump = torch.exp(-(apart[:, 0, None, :] + apart[:, 1, :, None]) / 2)
    at_centre = (bump == 1).flatten(1)
    heat = torch.zeros(count * N_CLASSES, GRID * GRID, device=device)
    heat.scatter_reduce_(0, (sample * N_CLASSES + category)[:, None].expand(-1, GRID * GRID), bump.flatten(1), "amax")
    within = (cell + 0.5 > low[..., None]) & (cell + 0.5 < high[..., None])
    inside = (within[:, 0, None, :] & within[:, 1, :, None] & (bump > 0.5)).flatten(1) | at_centre
    by_size = (box[:, 2:] - box[:, :2]).prod(1).argsort(stable=True)
    rank = torch.empty(n, dtype=torch.long, device=device).scatter_(0, by_size, torch.arange(n, device=device))
    claims = torch.where(inside, rank[:, None], n)
    first = torch.full((count * LAYERS, GRID * GRID), n, device=device)
    row = sample * LAYERS + LAYER_OF.to(device)[category]
    first.scatter_reduce_(0, row[:, None].expand(-1, GRID * GRID), claims, "amin")
    owner = torch.cat([by_size, by_size.new_full((1,), -1)])[first]
    return heat.reshape(count, N_CLASSES, GRID, GRID), owner.reshape(count, LAYERS, GRID, GRID)


@dataclass
class SceneBatch:
    """`image` [B,3,280,280] in 0..255, `heat` [B,C,35,35]; of each of n cells that belong to an object its place `at` [4,n] (sample,
    layer, y, x), the `box` [n,4] in frame pixels and the coarse mask [n,COARSE**2] of that object."""

    image: torch.Tensor
    heat: torch.Tensor
    at: torch.Tensor
    box: torch.Tensor
    coarse: torch.Tensor


class SceneStore:
    """The cached scenes finished so far (the cache may still be growing), on one device."""

    def __init__(self, folders: Sequence[Path], device: str = "cpu"):
        """Raises INPUT_NOT_FOUND while the first of them has none."""
        self.folders, self.device = folders, torch.device(device)
        self.known: set[tuple[Path, int]] = set()
        self.pictures = PictureStore(SCENE_PX, self.device)
        self.category = torch.empty(0, dtype=torch.long, device=self.device)
        self.box = torch.empty(0, 4, device=self.device)
        self.coarse = torch.empty(0, COARSE, COARSE, dtype=torch.float16, device=self.device)
        self.sizes: list[int] = []
        self.with_class: list[list[int]] = [[] for _ in range(N_CLASSES)]
        require_scenes(folders[0])
        self.refresh()

    def refresh(self) -> None:
        """Reads the shards that were finished meanwhile."""
        finished = [(folder, number) for folder in self.folders for number in finished_shards(folder)]
        new = [at for at in finished if at not in self.known]
        if not new:
            return
        columns: list[list[np.ndarray]] = [[], [], []]
        for at in new:
            shard = read_shard(*at)
            self.pictures.append(shard.images)
            for i, present in enumerate(shard.category):
                for c in np.unique(present):
                    self.with_class[c].append(len(self.sizes) + i)
            self.sizes += [len(present) for present in shard.category]
            for column, values in zip(columns, (shard.category, shard.box, shard.coarse), strict=True):
                column += values
            self.known.add(at)
        category, box, coarse = (torch.from_numpy(np.concatenate(column)).to(self.device) for column in columns)
        self.category, self.box = torch.cat([self.category, category]), torch.cat([self.box, box])
        self.coarse = torch.cat([self.coarse, coarse])
        self.count = torch.tensor(self.sizes, device=self.device)
        self.first = self.count.cumsum(0) - self.count
        self.members = torch.tensor([scene for scenes in self.with_class for scene in scenes], device=self.device)
        self.class_count = torch.tensor([len(scenes) for scenes in self.with_class], device=self.device)
        self.class_first = self.class_count.cumsum(0) - self.class_count

    def _choose(self, count: int) -> torch.Tensor:
        """Scenes [count]; BALANCED of them show a class drawn evenly, so that rare ones are not rare in training."""
        chance = lambda: torch.rand(count, device=self.device)  # noqa: E731
        any_scene = (chance() * self.pictures.count).long()
        category = torch.randint(N_CLASSES, (count,), device=self.device)
        if not len(self.members):
            return any_scene
        member = self.class_first[category] + (chance() * self.class_count[category]).long()
        showing = self.members[member.clamp(max=len(self.members) - 1)]
        return torch.where((chance() < BALANCED) & (self.class_count[category] > 0), showing, any_scene)

    def draw(self, count: int) -> SceneBatch:
        scene, view = self._choose(count), random_views(count, self.device)
        image = vary_photo(look(self.pictures.images[scene], view))
        sample = torch.arange(count, device=self.device).repeat_interleave(self.count[scene])
        within = torch.arange(len(sample), device=self.device) - (self.count[scene].cumsum(0) - self.count[scene])[sample]
        chosen = self.first[scene][sample] + within
        seen, box, coarse = cut_objects(view.rows(sample), self.box[chosen], self.coarse[chosen].float())
        sample = sample[seen]
        heat, owner = targets(count, sample, self.category[chosen][seen], box)
        at = torch.nonzero(owner >= 0).T
        owning = owner[owner >= 0]
        return SceneBatch(image, heat, at, box[owning], coarse[owning])
