import { describe, expect, it } from 'vitest';
import { clipShape, promptToScene, shapeToImage } from '../../../src-main/core/query/prompt-frames.ts';

const windowPx = { x: 100, y: 50, width: 400, height: 200 };

describe('prompt frames', () => {
  it('maps the corners of the model frame onto the corners of the window', () => {
    const shape = promptToScene(
      { bbox_2d: [0, 0, 280, 280], positive_points: [[140, 70]], negative_points: [[0, 280]] },
      { width: 280, height: 280 },
      windowPx,
    );
    expect(shape).toEqual({ box: [100, 50, 500, 250], positivePoints: [[300, 100]], negativePoints: [[100, 250]] });
  });

  it('returns to the image it came from', () => {
    const prompt = { bbox_2d: [10, 20, 60, 90] as [number, number, number, number], positive_points: [] };
    const frame = { width: 128, height: 96 };
    const back = shapeToImage(promptToScene(prompt, frame, windowPx), windowPx, frame);
    back.box?.forEach((value, index) => expect(value).toBeCloseTo(prompt.bbox_2d[index] ?? Number.NaN, 12));
  });

  it('clips the box and drops points outside', () => {
    const clipped = clipShape(
      {
        box: [0, 0, 150, 100],
        positivePoints: [
          [99, 60],
          [120, 60],
        ],
        negativePoints: [[700, 60]],
      },
      windowPx,
    );
    expect(clipped).toEqual({ box: [100, 50, 150, 100], positivePoints: [[120, 60]], negativePoints: [] });
  });

  it('has nothing left of a box outside, a box turned inside out, and points outside', () => {
    const none = { positivePoints: [], negativePoints: [] };
    expect(clipShape({ box: [0, 0, 100, 50], ...none }, windowPx)).toBeNull();
    expect(clipShape({ box: [300, 100, 200, 150], ...none }, windowPx)).toBeNull();
    expect(clipShape({ box: null, positivePoints: [[1, 1]], negativePoints: [] }, windowPx)).toBeNull();
  });
});
