import { toJsonNumber } from '../../contract/json-number.ts';
import type { BandStatistics, SceneInfo } from '../../contract/scene.ts';
import type { SampleArray } from '../ports.ts';
import { forEachChunk } from './doubles.ts';
import { readLevelWindow, windowParts } from './level-reader.ts';
import { openScene } from './open-raster.ts';
import type { Scene } from './scene.ts';

/**
 * What `think2seg info` prints. With `stats`, every full-resolution sample is read once, block after block, for the
 * exact minimum, maximum and mean of the valid samples of each band (as `read(masked=True)` of rasterio masks them).
 */
export async function sceneInfo(path: string, options: { stats: boolean }, signal: AbortSignal): Promise<SceneInfo> {
  const scene = await openScene(path, signal);
  try {
    if (!options.stats) {
      return scene.info;
    }
    const statistics = await sceneStatistics(scene, signal);
    return {
      ...scene.info,
      bands: scene.info.bands.map((band, index) => ({ ...band, stats: statistics[index] ?? null })),
    };
  } finally {
    await scene.close();
  }
}

/** Statistics per band, null for a band without valid samples. */
export async function sceneStatistics(scene: Scene, signal: AbortSignal): Promise<(BandStatistics | null)[]> {
  const level = scene.levels[0];
  if (level === undefined) {
    throw new Error('a scene needs a level');
  }
  const bandNumbers = scene.info.bands.map((_, index) => index + 1);
  const totals = bandNumbers.map(() => ({ min: Infinity, max: -Infinity, sum: 0, validCount: 0 }));
  const whole = { x: 0, y: 0, width: level.width, height: level.height };
  for (const part of windowParts(level, whole, bandNumbers.length)) {
    signal.throwIfAborted();
    const read = await readLevelWindow(level, part, bandNumbers, scene.rule, signal);
    read.bands.forEach((samples, index) => {
      addSamples(totals[index]!, samples, read.validPerBand[index]!);
    });
  }
  return totals.map(({ min, max, sum, validCount }) =>
    validCount === 0
      ? null
      : {
          min: toJsonNumber(min),
          max: toJsonNumber(max),
          mean: toJsonNumber(sum / validCount),
          validCount,
        },
  );
}

interface Total {
  min: number;
  max: number;
  sum: number;
  validCount: number;
}

function addSamples(total: Total, samples: SampleArray, valid: Uint8Array): void {
  forEachChunk(samples, (values, from, count) => {
    let { min, max } = total;
    let sum = 0;
    let validCount = 0;
    for (let index = 0; index < count; index += 1) {
      if (valid[from + index] === 1) {
        const value = values[index]!;
        min = value < min ? value : min;
        max = value > max ? value : max;
        sum += value;
        validCount += 1;
      }
    }
    total.min = min;
    total.max = max;
    total.sum += sum;
    total.validCount += validCount;
  });
}
