"""Pictures on the device that trains, in one tensor that grows."""

import numpy as np
import torch


class PictureStore:
    """`images` [room,side,side,3] u8, of which the first `count` are pictures."""

    def __init__(self, side: int, device: torch.device):
        self.images = torch.empty(0, side, side, 3, dtype=torch.uint8, device=device)
        self.count = 0

    def append(self, images: np.ndarray) -> None:
        """[n,side,side,3] u8. Room doubles when it is full."""
        needed = self.count + len(images)
        if needed > len(self.images):
            roomier = self.images.new_empty((max(needed, 2 * len(self.images)), *self.images.shape[1:]))
            roomier[: self.count] = self.images[: self.count]
            self.images = roomier
        self.images[self.count : needed] = torch.from_numpy(np.array(images)).to(self.images.device)
        self.count = needed
