import { describe, expect, it } from 'vitest';
import type { PromptShape } from '../../../src-main/core/ports.ts';
import { planNativeCrops, type NativeCrop } from '../../../src-main/core/segment/native-crops.ts';

const scene = { sceneWidth: 2000, sceneHeight: 1500, inputSize: 1024 };

function box(x0: number, y0: number, x1: number, y1: number): PromptShape {
  return { box: [x0, y0, x1, y1], positivePoints: [[(x0 + x1) / 2, (y0 + y1) / 2]], negativePoints: [] };
}

/** A pseudo-random sequence in 0..1, the same on every machine. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

function onlyCrop(crops: NativeCrop[]): NativeCrop {
  expect(crops).toHaveLength(1);
  return crops[0]!;
}

describe('planNativeCrops', () => {
  it('puts a square with context around a box at the resolution of the scene', () => {
    const crop = onlyCrop(planNativeCrops([box(500, 600, 700, 640)], scene));
    expect(crop.windowPx).toEqual({ x: 400, y: 420, width: 400, height: 400 });
    expect([crop.outWidth, crop.outHeight]).toEqual([400, 400]);
    expect(crop.prompts).toEqual([
      {
        index: 0,
        prompt: { boxImagePx: [100, 180, 300, 220], positivePointsImagePx: [[200, 200]], negativePointsImagePx: [] },
      },
    ]);
  });

  it('keeps a tiny target in surroundings', () => {
    const crop = onlyCrop(planNativeCrops([box(1000, 1000, 1004, 1003)], scene));
    expect(crop.windowPx).toEqual({ x: 874, y: 874, width: 256, height: 256 });
  });

  it('moves a crop at the edge into the scene instead of cutting it', () => {
    const crop = onlyCrop(planNativeCrops([box(1850, 0, 2000, 150)], scene));
    expect(crop.windowPx).toEqual({ x: 1700, y: 0, width: 300, height: 300 });
    expect(crop.prompts[0]!.prompt.boxImagePx).toEqual([150, 0, 300, 150]);
  });

  it('cuts a crop only where the scene is narrower than it', () => {
    const strip = onlyCrop(planNativeCrops([box(100, 5, 160, 35)], { ...scene, sceneHeight: 40 }));
    expect(strip.windowPx).toEqual({ x: 2, y: 0, width: 256, height: 40 });
    expect(strip.prompts[0]!.prompt.boxImagePx).toEqual([98, 5, 158, 35]);
  });

  it('keeps the pixels of the scene in a crop that is larger than the input', () => {
    const crop = onlyCrop(planNativeCrops([box(100, 100, 1300, 1300)], scene));
    expect(crop.windowPx).toEqual({ x: 0, y: 0, width: 2000, height: 1500 });
    expect([crop.outWidth, crop.outHeight]).toEqual([2000, 1500]);
    expect(crop.prompts[0]!.prompt.boxImagePx).toEqual([100, 100, 1300, 1300]);
  });

  it('reduces a crop whose mask would be too large to hold', () => {
    const large = { sceneWidth: 40_000, sceneHeight: 40_000, inputSize: 1024 };
    const crop = onlyCrop(planNativeCrops([box(4096, 4096, 12_288, 8192)], large));
    expect(crop.windowPx).toMatchObject({ width: 16_384, height: 16_384 });
    expect([crop.outWidth, crop.outHeight]).toEqual([2048, 2048]);
  });

  it('gives points without a box a whole input', () => {
    const points: PromptShape = { box: null, positivePoints: [[1000, 700]], negativePoints: [] };
    expect(onlyCrop(planNativeCrops([points], scene)).windowPx).toEqual({ x: 488, y: 188, width: 1024, height: 1024 });
  });

  it('lets neighbours share an image while mask cells are no larger than a scene pixel, and no longer', () => {
    // Each needs 52 pixels; together 132 and 312, with 256 allowed.
    expect(planNativeCrops([box(100, 100, 120, 120), box(180, 100, 200, 120)], scene)).toHaveLength(1);
    expect(planNativeCrops([box(100, 100, 120, 120), box(360, 100, 380, 120)], scene)).toHaveLength(2);
  });

  it('lets large crops share an image only when they nearly coincide', () => {
    expect(planNativeCrops([box(300, 300, 700, 700), box(340, 320, 740, 720)], scene)).toHaveLength(1);
    expect(planNativeCrops([box(300, 300, 700, 700), box(700, 300, 1100, 700)], scene)).toHaveLength(2);
    // A small target inside a large one would lose its resolution.
    expect(planNativeCrops([box(300, 300, 900, 900), box(500, 500, 520, 520)], scene)).toHaveLength(2);
  });

  it('drops negative points outside the crop and keeps those inside', () => {
    const prompt: PromptShape = {
      ...box(500, 600, 600, 640),
      negativePoints: [
        [460, 530],
        [1500, 600],
      ],
    };
    expect(onlyCrop(planNativeCrops([prompt], scene)).prompts[0]!.prompt.negativePointsImagePx).toEqual([[38, 38]]);
  });

  it('covers every prompt once, within the scene and the largest mask, for any prompts', () => {
    const random = randomNumbers(7);
    for (let round = 0; round < 60; round++) {
      const sceneWidth = 1 + Math.floor(random() * 3000);
      const sceneHeight = 1 + Math.floor(random() * 3000);
      const prompts = Array.from({ length: 1 + Math.floor(random() * 12) }, () => {
        const x0 = random() * sceneWidth;
        const y0 = random() * sceneHeight;
        return box(x0, y0, x0 + random() * (sceneWidth - x0), y0 + random() * (sceneHeight - y0));
      });
      const crops = planNativeCrops(prompts, { sceneWidth, sceneHeight, inputSize: 512 });
      const indices = crops.flatMap((crop) => crop.prompts.map(({ index }) => index)).sort((a, b) => a - b);
      expect(indices).toEqual(prompts.map((_, index) => index));
      for (const { windowPx, outWidth, outHeight, prompts: members } of crops) {
        expect(Object.values(windowPx).every(Number.isInteger)).toBe(true);
        expect(Math.min(windowPx.x, windowPx.y)).toBeGreaterThanOrEqual(0);
        expect(windowPx.x + windowPx.width).toBeLessThanOrEqual(sceneWidth);
        expect(windowPx.y + windowPx.height).toBeLessThanOrEqual(sceneHeight);
        expect(Math.max(outWidth, outHeight)).toBeLessThanOrEqual(2048);
        expect(outWidth).toBeLessThanOrEqual(windowPx.width);
        for (const { index, prompt } of members) {
          const [x0, y0, x1, y1] = prompt.boxImagePx!;
          const given = prompts[index]!.box!;
          expect(Math.min(x0, y0)).toBeGreaterThanOrEqual(-1e-9);
          expect(x1).toBeLessThanOrEqual(outWidth + 1e-9);
          expect(y1).toBeLessThanOrEqual(outHeight + 1e-9);
          expect(windowPx.x + (x0 * windowPx.width) / outWidth).toBeCloseTo(given[0], 6);
          expect(windowPx.y + (y1 * windowPx.height) / outHeight).toBeCloseTo(given[3], 6);
        }
      }
    }
  });
});
