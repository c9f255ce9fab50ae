/** Draws a query's result over the image: masks tinted, outlines, boxes and points. */
import { PNG } from 'pngjs';
import type { Point } from '../../contract/geo.ts';
import type { PolygonRings, RgbImage } from '../ports.ts';

type Colour = readonly [red: number, green: number, blue: number];

/** Distinct on dark and bright ground, also for people with red-green blindness (Okabe and Ito). */
const instanceColours: readonly Colour[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
];
const positiveColour: Colour = [40, 220, 60];
const negativeColour: Colour = [230, 40, 40];
const fillOpacity = 0.38;

/** Box and points in pixels of the picture. */
export interface OverlayPrompt {
  readonly box: readonly [number, number, number, number] | null;
  readonly positivePoints: readonly Point[];
  readonly negativePoints: readonly Point[];
}

/** One instance in pixels of the picture. */
export interface OverlayInstance {
  readonly polygonsImagePx: readonly PolygonRings[];
  /** Null for an instance whose prompt is not drawn. */
  readonly promptImagePx: OverlayPrompt | null;
}

class Canvas {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;

  constructor(image: RgbImage) {
    this.width = image.width;
    this.height = image.height;
    this.rgba = new Uint8Array(image.width * image.height * 4);
    for (let pixel = 0; pixel < image.width * image.height; pixel++) {
      this.rgba[pixel * 4] = image.data[pixel * 3]!;
      this.rgba[pixel * 4 + 1] = image.data[pixel * 3 + 1]!;
      this.rgba[pixel * 4 + 2] = image.data[pixel * 3 + 2]!;
      this.rgba[pixel * 4 + 3] = 255;
    }
  }

  blend(x: number, y: number, colour: Colour, opacity: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) {
      return;
    }
    const offset = (y * this.width + x) * 4;
    for (let channel = 0; channel < 3; channel++) {
      const under = this.rgba[offset + channel]!;
      this.rgba[offset + channel] = Math.round(under + (colour[channel]! - under) * opacity);
    }
  }

  /** Fills rings by the even-odd rule, sampling at pixel centres. */
  fill(rings: readonly Float64Array[], colour: Colour, opacity: number): void {
    for (let y = 0; y < this.height; y++) {
      const crossings = crossingsAt(rings, y + 0.5);
      for (let index = 0; index + 1 < crossings.length; index += 2) {
        const from = Math.max(0, Math.ceil(crossings[index]! - 0.5));
        const to = Math.min(this.width, Math.ceil(crossings[index + 1]! - 0.5));
        for (let x = from; x < to; x++) {
          this.blend(x, y, colour, opacity);
        }
      }
    }
  }

  line(x0: number, y0: number, x1: number, y1: number, colour: Colour, thicknessPx: number): void {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    const before = Math.floor((thicknessPx - 1) / 2);
    for (let step = 0; step <= steps; step++) {
      const x = Math.round(x0 + ((x1 - x0) * step) / steps - 0.5);
      const y = Math.round(y0 + ((y1 - y0) * step) / steps - 0.5);
      for (let dy = -before; dy < thicknessPx - before; dy++) {
        for (let dx = -before; dx < thicknessPx - before; dx++) {
          this.blend(x + dx, y + dy, colour, 1);
        }
      }
    }
  }

  ring(ring: Float64Array, colour: Colour, thicknessPx: number): void {
    for (let index = 0; index < ring.length; index += 2) {
      const next = (index + 2) % ring.length;
      this.line(ring[index]!, ring[index + 1]!, ring[next]!, ring[next + 1]!, colour, thicknessPx);
    }
  }

  dot(x: number, y: number, colour: Colour, radiusPx: number): void {
    for (let py = Math.floor(y - radiusPx - 1); py <= y + radiusPx + 1; py++) {
      for (let px = Math.floor(x - radiusPx - 1); px <= x + radiusPx + 1; px++) {
        const distance = Math.hypot(px + 0.5 - x, py + 0.5 - y);
        if (distance <= radiusPx + 1) {
          this.blend(px, py, distance <= radiusPx ? colour : [255, 255, 255], 1);
        }
      }
    }
  }
}

function crossingsAt(rings: readonly Float64Array[], y: number): number[] {
  const crossings: number[] = [];
  for (const ring of rings) {
    for (let index = 0; index < ring.length; index += 2) {
      const next = (index + 2) % ring.length;
      const y0 = ring[index + 1]!;
      const y1 = ring[next + 1]!;
      if (y0 <= y !== y1 <= y) {
        crossings.push(ring[index]! + ((y - y0) / (y1 - y0)) * (ring[next]! - ring[index]!));
      }
    }
  }
  return crossings.sort((a, b) => a - b);
}

function drawPrompt(canvas: Canvas, prompt: OverlayPrompt, scale: number): void {
  if (prompt.box !== null) {
    const [x0, y0, x1, y1] = prompt.box;
    canvas.ring(Float64Array.of(x0, y0, x1, y0, x1, y1, x0, y1), [255, 255, 255], Math.max(1, Math.round(scale)));
  }
  for (const [x, y] of prompt.positivePoints) {
    canvas.dot(x, y, positiveColour, 2.5 * scale);
  }
  for (const [x, y] of prompt.negativePoints) {
    canvas.dot(x, y, negativeColour, 2.5 * scale);
  }
}

/** The picture as PNG bytes, of the size of the image. */
export function drawOverlayPng(image: RgbImage, instances: readonly OverlayInstance[]): Uint8Array {
  const canvas = new Canvas(image);
  const scale = Math.max(1, Math.round(Math.max(image.width, image.height) / 700));
  instances.forEach((instance, index) => {
    const colour = instanceColours[index % instanceColours.length]!;
    for (const polygon of instance.polygonsImagePx) {
      canvas.fill(polygon.rings, colour, fillOpacity);
    }
    for (const ring of instance.polygonsImagePx.flatMap((polygon) => polygon.rings)) {
      canvas.ring(ring, colour, 2 * scale);
    }
  });
  for (const instance of instances) {
    if (instance.promptImagePx !== null) {
      drawPrompt(canvas, instance.promptImagePx, scale);
    }
  }
  const png = new PNG({ width: image.width, height: image.height });
  png.data = Buffer.from(canvas.rgba.buffer);
  return PNG.sync.write(png, { colorType: 2 });
}
