/** Kinds of test masks, from ordinary to as bad as it gets. */
export const maskKinds = ['blobs', 'labels', 'noise', 'speckle', 'checkerboard', 'rings'] as const;

export type MaskKind = (typeof maskKinds)[number];

/** A 32-bit hash of a lattice point: noise that needs no state. */
function hashAt(x: number, y: number, seed: number): number {
  let h = (Math.imul(x, 0x9e3779b1) + Math.imul(y, 0x85ebca77) + Math.imul(seed, 0xc2b2ae3d)) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) >>> 0;
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39) >>> 0;
  return (h ^ (h >>> 15)) >>> 0;
}

/** Integer noise on a coarse lattice, interpolated bilinearly in whole numbers: smooth shapes. */
function smoothAt(x: number, y: number, cell: number, seed: number): number {
  const column = Math.floor(x / cell);
  const row = Math.floor(y / cell);
  const u = x - column * cell;
  const v = y - row * cell;
  const corner = (dx: number, dy: number) => hashAt(column + dx, row + dy, seed) & 1023;
  const upper = corner(0, 0) * (cell - u) + corner(1, 0) * u;
  const lower = corner(0, 1) * (cell - u) + corner(1, 1) * u;
  return Math.floor((upper * (cell - v) + lower * v) / (cell * cell));
}

/** A seeded mask, `height * width` row-major. `labels` has values 0..3, all others 0 and 1. */
export function makeMask(kind: MaskKind, width: number, height: number, seed: number): Uint8Array {
  const valueAt = (x: number, y: number): number => {
    switch (kind) {
      case 'blobs':
        // Two scales: shapes with ragged borders, holes and islands.
        return smoothAt(x, y, 24, seed) + (smoothAt(x, y, 5, seed + 1) >> 2) > 640 ? 1 : 0;
      case 'labels':
        return (smoothAt(x, y, 16, seed) + (hashAt(x, y, seed) & 63)) >> 8;
      case 'noise':
        return hashAt(x, y, seed) & 1;
      case 'speckle':
        return hashAt(x, y, seed) % 10 === 0 ? 1 : 0;
      case 'checkerboard':
        return (x + y + seed) & 1;
      case 'rings':
        // Nested square rings, broken here and there: corners that meet diagonally, holes in holes.
        return (Math.max(Math.abs(x - (width >> 1)), Math.abs(y - (height >> 1))) & 1) ^
          (hashAt(x, y, seed) % 17 === 0 ? 1 : 0)
          ? 1
          : 0;
    }
  };
  const mask = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      mask[y * width + x] = valueAt(x, y);
    }
  }
  return mask;
}
