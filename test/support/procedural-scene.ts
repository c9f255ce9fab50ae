/** Seeded scenes of plain objects on rough ground, placed where tiles meet. */
import { makeTiff } from './make-tiff.ts';
import type { SceneBox } from './scripted-tiles.ts';

export interface ProceduralScene {
  readonly tiff: Buffer;
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly SceneBox[];
}

/** Numbers in 0..1 that a seed repeats. */
function randomOf(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) + 0x85ebca77) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

type Colour = readonly [red: number, green: number, blue: number];
interface Shape {
  readonly box: SceneBox;
  readonly isRound: boolean;
  readonly colour: Colour;
}

const roofs: readonly Colour[] = [
  [196, 84, 62],
  [214, 208, 200],
  [60, 96, 168],
];

function shapeAround(centre: readonly [number, number], random: () => number, leastPx: number, mostPx: number): Shape {
  const width = leastPx + Math.floor(random() * (mostPx - leastPx));
  const height = leastPx + Math.floor(random() * (mostPx - leastPx));
  const [x, y] = [Math.round(centre[0] - width / 2), Math.round(centre[1] - height / 2)];
  return {
    box: [x, y, x + width, y + height],
    isRound: random() < 0.4,
    colour: roofs[Math.floor(random() * roofs.length)]!,
  };
}

function covers({ box: [x0, y0, x1, y1], isRound }: Shape, x: number, y: number): boolean {
  const [u, v] = [(2 * (x + 0.5 - x0)) / (x1 - x0) - 1, (2 * (y + 0.5 - y0)) / (y1 - y0) - 1];
  return isRound ? u * u + v * v <= 1 : Math.abs(u) <= 1 && Math.abs(v) <= 1;
}

/**
 * @param tilePx side of a tile, `overlapPx` of which it shares with each neighbour; three by three of them.
 * Objects lie inside of a tile (no seam), across the zone that two share (one seam), across a corner where four meet (four seams).
 */
export function proceduralScene(seed: number, tilePx: number, overlapPx: number): ProceduralScene {
  const random = randomOf(seed);
  const step = tilePx - overlapPx;
  const side = 2 * step + tilePx;
  const seam = (number: number): number => number * step + overlapPx / 2;
  const middle = (number: number): number => number * step + tilePx / 2;
  const [small, wide] = [overlapPx * 0.5, overlapPx * 1.2];
  const shapes = [
    // No seam: in a corner tile, in the middle of two others.
    shapeAround([step * 0.45, step * 0.45], random, small, overlapPx),
    shapeAround([middle(1), middle(1)], random, small, overlapPx),
    shapeAround([middle(2) + overlapPx / 4, step * 0.45], random, small, overlapPx * 0.8),
    // One seam: wider than what both tiles see.
    shapeAround([seam(1), middle(1)], random, wide, overlapPx * 1.8),
    shapeAround([middle(1), seam(2)], random, wide, overlapPx * 1.8),
    // Four seams.
    shapeAround([seam(1), seam(1)], random, wide, overlapPx * 1.6),
    shapeAround([seam(2), seam(2)], random, wide, overlapPx * 1.6),
    // Inside of what two tiles see: both find it whole.
    shapeAround([seam(1), middle(2) + overlapPx * 0.8], random, overlapPx * 0.3, overlapPx * 0.6),
  ].filter(({ box }, index, all) => all.slice(0, index).every((other) => !meets(box, other.box)));
  const ground = [90 + random() * 40, 110 + random() * 40, 70 + random() * 30];
  const value = (x: number, y: number, band: number): number => {
    const shape = shapes.find((each) => covers(each, x, y));
    const grain = (Math.imul(x * 73 + y * 179 + band * 283 + seed, 0x9e3779b1) >>> 24) / 255 - 0.5;
    const wave = 10 * Math.sin((x + seed * 7) / 37) * Math.cos(y / 29);
    return Math.round((shape?.colour[band] ?? ground[band]! + wave) + 14 * grain);
  };
  return {
    tiff: makeTiff({ width: side, height: side, bands: 3, photometric: 2, tile: 128, deflate: true, value }),
    width: side,
    height: side,
    boxes: shapes.map(({ box }) => box),
  };
}

function meets(a: SceneBox, b: SceneBox): boolean {
  const gapPx = 6;
  return a[0] < b[2] + gapPx && b[0] < a[2] + gapPx && a[1] < b[3] + gapPx && b[1] < a[3] + gapPx;
}
