/** One image, what may be asked about it, and the pixels that answer it. */

/** A COCO segmentation: polygons `[x0, y0, x1, y1, ..]`, or run lengths down the columns (numbers, or COCO's text form). */
export type CocoSegmentation =
  | readonly (readonly number[])[]
  | { readonly size: readonly [height: number, width: number]; readonly counts: string | readonly number[] };

export type TargetSource =
  | { readonly kind: 'raster'; readonly path: string }
  /** Several parts are united. */
  | { readonly kind: 'coco'; readonly parts: readonly CocoSegmentation[] };

export interface Sample {
  /** Unique within the split. */
  readonly id: string;
  readonly imagePath: string;
  /** At least one. */
  readonly questions: readonly string[];
  readonly target: TargetSource;
  /** What the data set calls the target, if it does. */
  readonly className: string | null;
  readonly relation: string | null;
}

/** What a data set folder holds. */
export interface SampleList {
  /** Ordered by id. */
  readonly samples: readonly Sample[];
  readonly problems: readonly { readonly id: string; readonly problem: string }[];
}
