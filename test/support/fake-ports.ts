/** A raster in memory and models that obey, written against the public seam only. */
import type { Crs, Geotransform } from '../../src-main/contract/geo.ts';
import type {
  EncodedImage,
  FeatureWriter,
  RasterReader,
  RasterSource,
  ReadRequest,
  Reasoner,
  Segmenter,
  SegmenterPrompt,
  WriteRequest,
} from '../../src-main/core/ports.ts';

export interface FakeRaster {
  readonly width: number;
  readonly height: number;
  readonly crs: Crs | null;
  readonly transform: Geotransform | null;
  /** 1 = valid; default all valid. */
  readonly isValid?: (x: number, y: number) => boolean;
}

/** Three 8-bit bands whose values are the column, the row and their sum. */
export function fakeReader(raster: FakeRaster): RasterReader & { requests: ReadRequest[]; closed: number } {
  const { width, height, crs, transform, isValid = () => true } = raster;
  const reader = {
    requests: [] as ReadRequest[],
    closed: 0,
    open: (path: string): Promise<RasterSource> =>
      Promise.resolve({
        info: {
          schema: 1,
          path,
          width,
          height,
          bands: (['red', 'green', 'blue'] as const).map((colorInterpretation) => ({
            type: 'uint8' as const,
            nodata: null,
            colorInterpretation,
          })),
          crs: crs === null ? null : { name: crs.name, wkt: crs.wkt },
          transform,
          bounds: null,
          overviews: [],
          compression: null,
          driver: 'Fake',
          reader: { name: 'tiff' },
          warnings: [],
        },
        crs,
        transform,
        knownEmpty: (windowsPx) => Promise.resolve(windowsPx.map(() => false)),
        readWindow: (request) => {
          reader.requests.push(request);
          const { windowPx, outWidth, outHeight } = request;
          const bands = request.bands.map(() => new Uint8Array(outWidth * outHeight));
          const valid = new Uint8Array(outWidth * outHeight);
          for (let y = 0; y < outHeight; y++) {
            for (let x = 0; x < outWidth; x++) {
              const sceneX = windowPx.x + Math.floor(((x + 0.5) * windowPx.width) / outWidth);
              const sceneY = windowPx.y + Math.floor(((y + 0.5) * windowPx.height) / outHeight);
              const inside = sceneX >= 0 && sceneY >= 0 && sceneX < width && sceneY < height;
              valid[y * outWidth + x] = inside && isValid(sceneX, sceneY) ? 1 : 0;
              bands.forEach((band, index) => {
                band[y * outWidth + x] = [sceneX, sceneY, sceneX + sceneY][index] ?? 0;
              });
            }
          }
          return Promise.resolve({ width: outWidth, height: outHeight, bands, valid, windowPx });
        },
        close: () => {
          reader.closed++;
          return Promise.resolve();
        },
      }),
  };
  return reader;
}

/** Gives one answer to every question and remembers what it was asked. */
export function fakeReasoner(answer: string): Reasoner & { questions: string[] } {
  const questions: string[] = [];
  return {
    provider: 'cpu',
    frame: { width: 280, height: 280 },
    questions,
    reason: ({ question }, { onProgress }) => {
      questions.push(question);
      onProgress({ stage: 'thinking', text: answer });
      return Promise.resolve({
        text: answer,
        stopReason: 'answer-end',
        promptTokens: 10,
        reusedTokens: 0,
        newTokens: 5,
        timingsMs: { preprocess: 1, vision: 1, prefill: 1, decode: 1 },
      });
    },
    dispose: () => Promise.resolve(),
  };
}

/** The mask of a prompt is its box, pixels by their centre. */
export function fakeSegmenter(): Segmenter & { encoded: EncodedImage[]; prompts: SegmenterPrompt[] } {
  const encoded: EncodedImage[] = [];
  const prompts: SegmenterPrompt[] = [];
  return {
    provider: 'cpu',
    maskSource: 'single-mask',
    needsBoxes: false,
    inputSize: 512,
    encoded,
    prompts,
    encode: (image) => {
      const newest = { ...image, free: () => undefined };
      encoded.push(newest);
      return Promise.resolve(newest);
    },
    segment: ({ width, height }, asked) => {
      prompts.push(...asked);
      return Promise.resolve(
        asked.map(({ boxImagePx }) => {
          const [x0, y0, x1, y1] = boxImagePx ?? [0, 0, 0, 0];
          const mask = new Uint8Array(width * height);
          for (let y = 0; y < height; y++) {
            for (let x = 0; x < width; x++) {
              mask[y * width + x] = x + 0.5 > x0 && x + 0.5 < x1 && y + 0.5 > y0 && y + 0.5 < y1 ? 1 : 0;
            }
          }
          return { mask, width, height, score: 0.9 };
        }),
      );
    },
    dispose: () => Promise.resolve(),
  };
}

/** Keeps what it is asked to write. */
export function fakeWriter(): FeatureWriter & { written: WriteRequest[] } {
  const written: WriteRequest[] = [];
  return {
    written,
    write: (request) => {
      written.push(request);
      return Promise.resolve({ files: [request.path], warnings: [] });
    },
  };
}
