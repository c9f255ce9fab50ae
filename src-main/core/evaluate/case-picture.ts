/** A sample as a picture: what was found, missed and wrongly marked, with the model's boxes and points. */
import { PNG } from 'pngjs';
import type { Prompt } from '../../contract/prompt.ts';
import type { RgbImage } from '../ports.ts';

type Colour = readonly [red: number, green: number, blue: number];

/** Distinct also for people with red-green blindness (Okabe and Ito). */
export const caseColours = {
  hit: [0, 158, 115],
  missed: [86, 180, 233],
  wrong: [213, 94, 0],
} as const satisfies Record<string, Colour>;

const fillOpacity = 0.5;

export interface CasePicture {
  readonly image: RgbImage;
  /** `height * width` of the image, 1 = target. */
  readonly target: Uint8Array;
  /** The same of the prediction; null when there is none. */
  readonly predicted: Uint8Array | null;
  /** In pixels of a frame of this size that shows the same ground as the image. */
  readonly prompts: readonly Prompt[];
  readonly frame: { readonly width: number; readonly height: number };
}

/** PNG bytes, of the size of the image. */
export function drawCase({ image, target, predicted, prompts, frame }: CasePicture): Buffer {
  const { width, height } = image;
  const png = new PNG({ width, height });
  const paint = (x: number, y: number, colour: Colour, opacity: number): void => {
    if (x < 0 || y < 0 || x >= width || y >= height) {
      return;
    }
    const at = (y * width + x) * 4;
    colour.forEach((value, channel) => {
      const under = png.data[at + channel]!;
      png.data[at + channel] = Math.round(under + (value - under) * opacity);
    });
  };
  for (let pixel = 0; pixel < width * height; pixel++) {
    png.data.set(image.data.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    png.data[pixel * 4 + 3] = 255;
    const [isTarget, isPredicted] = [target[pixel] === 1, predicted?.[pixel] === 1];
    if (isTarget || isPredicted) {
      const colour = isTarget ? (isPredicted ? caseColours.hit : caseColours.missed) : caseColours.wrong;
      paint(pixel % width, Math.floor(pixel / width), colour, fillOpacity);
    }
  }
  const toX = (x: number): number => Math.min(width - 1, Math.max(0, Math.round((x * width) / frame.width)));
  const toY = (y: number): number => Math.min(height - 1, Math.max(0, Math.round((y * height) / frame.height)));
  for (const { bbox_2d, positive_points = [] } of prompts) {
    if (bbox_2d !== undefined) {
      const [x0, y0, x1, y1] = [toX(bbox_2d[0]), toY(bbox_2d[1]), toX(bbox_2d[2]), toY(bbox_2d[3])];
      for (let x = x0; x <= x1; x++) {
        [y0, y1].forEach((y) => paint(x, y, [255, 255, 255], 1));
      }
      for (let y = y0; y <= y1; y++) {
        [x0, x1].forEach((x) => paint(x, y, [255, 255, 255], 1));
      }
    }
    for (const [x, y] of positive_points) {
      for (let dy = -2; dy <= 2; dy++) {
        for (let dx = -2; dx <= 2; dx++) {
          paint(
            toX(x) + dx,
            toY(y) + dy,
            Math.max(Math.abs(dx), Math.abs(dy)) === 2 ? [255, 255, 255] : [40, 220, 60],
            1,
          );
        }
      }
    }
  }
  return PNG.sync.write(png, { colorType: 2 });
}
