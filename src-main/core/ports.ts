/** The seams of the pipeline. `query.ts` knows these and nothing of who stands behind them. */
import type { AttributeField, AttributeValue } from '../contract/attributes.ts';
import type { Crs, Geotransform, Point, WindowPx } from '../contract/geo.ts';
import type { OnProgress } from '../contract/progress.ts';
import type { Prompt } from '../contract/prompt.ts';
import type { ProviderName } from '../contract/provider.ts';
import type { HandRecord, RunRecord } from '../contract/run-record.ts';
import type { SceneInfo } from '../contract/scene.ts';

export type SampleArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array;

/** 8-bit RGB, interleaved: `data.length === height * width * 3`, row-major, R G B. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/* ------------------------------------------------------------------ raster */

export interface ReadRequest {
  /** What to read, in full-resolution scene pixels; must intersect the scene. May reach over its edge: outside is invalid. */
  readonly windowPx: WindowPx;
  /** Size of the result; smaller than the window reads through the right overview. */
  readonly outWidth: number;
  readonly outHeight: number;
  /** 1-based band numbers, in the order of the result. */
  readonly bands: readonly number[];
}

/** Samples of one window. Each band has `height * width` samples, row-major. */
export interface RasterWindow {
  readonly width: number;
  readonly height: number;
  readonly bands: readonly SampleArray[];
  /**
   * 1 = valid, 0 = nodata / masked / transparent / NaN / outside; `height * width`. As in rasterio's `dataset_mask`, a pixel
   * is valid when any requested band is: a true 0 in one band of a scene with nodata 0 does not make a hole.
   */
  readonly valid: Uint8Array;
  /** Colours (red, green, blue, alpha) of a scene whose samples are palette indices. */
  readonly palette?: readonly (readonly [number, number, number, number])[];
  readonly windowPx: WindowPx;
}

export interface RasterSource {
  readonly info: SceneInfo;
  readonly crs: Crs | null;
  /** Pixel of the full-resolution scene to map; null without georeference. */
  readonly transform: Geotransform | null;
  readWindow(request: ReadRequest, signal: AbortSignal): Promise<RasterWindow>;
  /** Of each window, whether the file says without any reading that it has only nodata in these bands; false where it has to be looked at. */
  knownEmpty(windowsPx: readonly WindowPx[], bands: readonly number[]): Promise<boolean[]>;
  close(): Promise<void>;
}

export interface RasterReader {
  open(path: string, signal: AbortSignal): Promise<RasterSource>;
}

/* ------------------------------------------------------------------ reason */

export interface ReasonRequest {
  /** The window, already resized to the model frame. */
  readonly imageModel: RgbImage;
  /** Equal keys promise equal images: vision and prefill of the image are then reused. */
  readonly imageKey: string;
  readonly question: string;
}

export interface ReasonResult {
  /** The raw answer. */
  readonly text: string;
  readonly stopReason: 'answer-end' | 'eos' | 'length';
  readonly promptTokens: number;
  readonly reusedTokens: number;
  readonly newTokens: number;
  readonly timingsMs: { preprocess: number; vision: number; prefill: number; decode: number };
}

export interface Reasoner {
  readonly provider: ProviderName;
  readonly frame: { readonly width: number; readonly height: number };
  reason(request: ReasonRequest, options: { signal: AbortSignal; onProgress: OnProgress }): Promise<ReasonResult>;
  dispose(): Promise<void>;
}

/** The files of one language model, absolute paths, one precision chosen. */
export interface LvlmFiles {
  /** Holds config.json, tokenizer.json, chat template and preprocessor_config.json. */
  readonly directory: string;
  readonly visionEncoder: string;
  readonly embedTokens: string;
  readonly decoder: string;
}

/** What a pack says of how its language model must be asked. */
export interface LvlmRecipe {
  readonly frame: { readonly width: number; readonly height: number };
  /** Contains `{question}`. */
  readonly promptTemplate: string;
  /** Replaces the chat template's own system message. */
  readonly systemMessage?: string;
  readonly maxNewTokens: number;
}

/** The files of one segmenter, absolute paths, one precision chosen. */
export interface SegmenterFiles {
  /** Holds config.json and preprocessor_config.json. */
  readonly directory: string;
  readonly visionEncoder: string;
  readonly maskDecoder: string;
}

/* ----------------------------------------------------------------- segment */

/** An image the segmenter has encoded. Opaque; valid until the segmenter is disposed. */
export interface EncodedImage {
  /** Size of the image that was given, in its own pixels: the frame of prompts and masks. */
  readonly width: number;
  readonly height: number;
  /** Gives its memory back at once; nobody may prompt it after. */
  free(): void;
}

export interface InstanceMask {
  /** `height * width` of the encoded image, 1 = target. */
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** The segmenter's own estimate of IoU, 0..1. */
  readonly score: number;
}

/** A prompt in any frame, nothing optional; the name of the variable says the frame. */
export interface PromptShape {
  readonly box: readonly [x0: number, y0: number, x1: number, y1: number] | null;
  readonly positivePoints: readonly Point[];
  readonly negativePoints: readonly Point[];
}

export interface SegmenterPrompt {
  /** In pixels of the encoded image. */
  readonly boxImagePx: readonly [number, number, number, number] | null;
  readonly positivePointsImagePx: readonly Point[];
  readonly negativePointsImagePx: readonly Point[];
}

/** Told how long models computed: waiting for them, where others ask them too, is not in it. */
export type OnComputed = (ms: number) => void;

export interface Segmenter {
  readonly provider: ProviderName;
  /** How the single mask is made, for the run record: `single_mask` output, or best of three in packs without it. */
  readonly maskSource: 'single-mask' | 'best-of-three';
  /** Whether a prompt without a box is refused: some segmenters read points as hints inside a box only. */
  readonly needsBoxes: boolean;
  /** Side of the square image the encoder takes; a larger image is reduced to it. */
  readonly inputSize: number;
  encode(image: RgbImage, signal: AbortSignal, onComputed?: OnComputed): Promise<EncodedImage>;
  /** One mask per prompt, same order. */
  segment(
    image: EncodedImage,
    prompts: readonly SegmenterPrompt[],
    signal: AbortSignal,
    onComputed?: OnComputed,
  ): Promise<InstanceMask[]>;
  dispose(): Promise<void>;
}

/* ------------------------------------------------------------ vector, export */

/** `[x0, y0, x1, y1, ...]`, closed implicitly: the first vertex is not repeated. */
export type RingCoordinates = Float64Array;

/** Exterior first, then holes. Exterior and holes wind in opposite directions. */
export interface PolygonRings {
  readonly rings: readonly RingCoordinates[];
}

/** One instance, ready to be written. A feature may have several parts. */
export interface OutputFeature {
  /** 1-based number of the instance. */
  readonly instance: number;
  /** In coordinates of the output CRS, or scene pixels with y pointing down negated (`-y`) when there is no georeference. */
  readonly polygonsMap: readonly PolygonRings[];
  readonly question: string;
  readonly score: number | null;
  /** Geodesic; null without a CRS on the Earth. */
  readonly areaM2: number | null;
  readonly perimeterM: number | null;
  /** Null when the shape was not made by one. */
  readonly prompt: Prompt | null;
  /** In the order of the fields of the request; none where the object is of no file. */
  readonly attributes?: readonly AttributeValue[];
}

/** How a layer looks: one colour for all of it. */
export interface LayerStyle {
  /** `#rrggbb`. */
  readonly color: string;
  /** Of the whole layer, 0..1. */
  readonly opacity: number;
}

export interface WriteRequest {
  readonly path: string;
  readonly layerName: string;
  /** Kept inside the file where the format can. */
  readonly style?: LayerStyle;
  readonly features: readonly OutputFeature[];
  /** Columns beside ours, under names that the format can have. */
  readonly fields?: readonly AttributeField[];
  readonly crs: Crs | null;
  readonly runRecord: RunRecord | HandRecord;
  readonly overwrite: boolean;
  /** Name of the hidden folder for unfinished files, beside the output; the caller removes it after killing this process. */
  readonly scratchName: string;
}

export interface WrittenFiles {
  /** Every file that now exists because of it. */
  readonly files: readonly string[];
  /** What the format could not hold as it is. */
  readonly warnings: readonly string[];
}

export interface FeatureWriter {
  /** Writes atomically. */
  write(request: WriteRequest, signal: AbortSignal): Promise<WrittenFiles>;
}
