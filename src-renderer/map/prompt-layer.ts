import Feature from 'ol/Feature.js';
import { getHeight, getWidth } from 'ol/extent.js';
import MultiPoint from 'ol/geom/MultiPoint.js';
import Point from 'ol/geom/Point.js';
import Polygon from 'ol/geom/Polygon.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorSource from 'ol/source/Vector.js';
import type Style from 'ol/style/Style.js';
import type { Point as PlainPoint, WindowPx } from '../../src-main/contract/geo.ts';
import type { MapPrompt, MapTarget } from './map-contents.ts';
import { replaceFeatures } from './replace-features.ts';
import { handlesOf } from './prompt-handles.ts';
import { boxStyle, draftStyle, handleStyle, labelStyle, pointStyle, targetStyle } from './prompt-styles.ts';
import type { ScenePlacement } from './scene-placement.ts';

type PlacementOf = (rasterId: string) => ScenePlacement | null;

interface MadePrompt {
  readonly prompt: MapPrompt;
  readonly placement: ScenePlacement;
  readonly features: Feature[];
}

/** From so many on, those that are small on the screen are not drawn: their labels would cover everything. */
const crowd = 200;
const smallPx = 24;

/** Boxes, points and handles of prompts, the rectangle that is asked about, and the rectangle being drawn. */
export class PromptLayer {
  readonly #others = new VectorSource();
  /** What is edited, apart so that a drag draws nothing else anew. */
  readonly #edited = new VectorSource();
  readonly #draft = new VectorSource();
  /** Bottom first. */
  readonly layers: readonly VectorLayer<VectorSource>[];
  readonly draftLayer: VectorLayer<VectorSource>;
  readonly #known = new Map<string, MadePrompt>();
  readonly #made = new WeakMap<MapPrompt['promptScenePx'], MadePrompt>();
  /** Edited ones that changed meanwhile: drawn in the upper layer alone until they are let go. */
  readonly #lifted = new Set<string>();
  #isCrowded = false;

  constructor() {
    const shared = { updateWhileAnimating: true, updateWhileInteracting: true };
    this.layers = [
      new VectorLayer({ source: this.#others, ...shared }),
      new VectorLayer({ source: this.#edited, ...shared }),
    ];
    this.draftLayer = new VectorLayer({ source: this.#draft, ...shared });
  }

  /** @param editedIds instances whose prompts have handles, drawn over the others */
  set(
    prompts: readonly MapPrompt[],
    editedIds: ReadonlySet<string>,
    target: MapTarget | null,
    placementOf: PlacementOf,
  ): void {
    this.#isCrowded = prompts.length >= crowd;
    const gone = new Set(this.#known.keys());
    const stale: Feature[] = [];
    const fresh: Feature[] = [];
    const edited: Feature[] = [];
    for (const prompt of prompts) {
      const { instanceId: id } = prompt;
      const placement = placementOf(prompt.rasterId);
      const isEdited = editedIds.has(id);
      const known = this.#known.get(id);
      if (placement === null) {
        continue;
      }
      if (isEdited) {
        edited.push(...promptFeature(prompt, placement, true));
      }
      if (known !== undefined && known.placement === placement && looksAlike(known.prompt, prompt)) {
        gone.delete(id);
        continue;
      }
      if (isEdited && known !== undefined) {
        this.#lifted.add(id);
      } else if (!isEdited) {
        this.#lifted.delete(id);
      }
      if (!this.#lifted.has(id)) {
        const features = this.#featuresOf(prompt, placement);
        stale.push(...(known?.features ?? []));
        fresh.push(...features);
        this.#known.set(id, { prompt, placement, features });
        gone.delete(id);
      }
    }
    for (const id of gone) {
      stale.push(...(this.#known.get(id)?.features ?? []));
      this.#known.delete(id);
    }
    replaceFeatures(this.#others, stale, fresh, () => [...this.#known.values()].flatMap(({ features }) => features));
    const targetPlacement = target === null ? null : placementOf(target.rasterId);
    this.#edited.clear(true);
    this.#edited.addFeatures([
      ...(target === null || targetPlacement === null
        ? []
        : rectangle(cornersOf(target.windowPx), targetPlacement, targetStyle())),
      ...edited,
    ]);
  }

  /** Two opposite corners in scene pixels; null takes it away. */
  setDraft(corners: readonly [PlainPoint, PlainPoint] | null, placement: ScenePlacement): void {
    this.#draft.clear(true);
    if (corners !== null) {
      const [[x0, y0], [x1, y1]] = corners;
      this.#draft.addFeatures(rectangle([x0, y0, x1, y1], placement, draftStyle()));
    }
  }

  /** Those that were made before, where what is shown again or brought back by undo has some. */
  #featuresOf(prompt: MapPrompt, placement: ScenePlacement): Feature[] {
    const known = this.#made.get(prompt.promptScenePx);
    if (known?.placement === placement && looksAlike(known.prompt, prompt)) {
      return known.features;
    }
    const features = promptFeature(prompt, placement, false, (extent, resolution) =>
      this.#isHidden(extent, resolution),
    );
    this.#made.set(prompt.promptScenePx, { prompt, placement, features });
    return features;
  }

  #isHidden(extent: number[], resolution: number): boolean {
    return this.#isCrowded && Math.max(getWidth(extent), getHeight(extent)) < smallPx * resolution;
  }
}

function looksAlike(one: MapPrompt, other: MapPrompt): boolean {
  return one.promptScenePx === other.promptScenePx && one.color === other.color && one.label === other.label;
}

/** One feature with the styles of all its parts, which are made when it is drawn first; none where it has no place on the map. */
function promptFeature(
  prompt: MapPrompt,
  placement: ScenePlacement,
  isEditable: boolean,
  isHidden: (extent: number[], resolution: number) => boolean = () => false,
): Feature[] {
  const { bbox_2d: box, positive_points = [], negative_points = [] } = prompt.promptScenePx;
  const ring = box === undefined ? null : ringOf(box, placement);
  const marks = [...positive_points, ...negative_points].flatMap((place) => viewPlace(place, placement));
  if (ring === null && (box !== undefined || marks.length === 0)) {
    return [];
  }
  const geometry = ring === null ? new MultiPoint(marks) : new Polygon([ring]);
  const feature = new Feature<Polygon | MultiPoint>(geometry);
  let styles: Style[] | null = null;
  feature.setStyle((_, resolution) => {
    if (isHidden(geometry.getExtent(), resolution)) {
      return [];
    }
    styles ??= stylesOf(prompt, placement, isEditable);
    return styles;
  });
  return [feature];
}

function stylesOf({ promptScenePx, color, label }: MapPrompt, placement: ScenePlacement, isEditable: boolean): Style[] {
  const { bbox_2d: box, positive_points = [], negative_points = [] } = promptScenePx;
  const at = (place: PlainPoint, style: Style): Style[] =>
    viewPlace(place, placement).map((placeView) => {
      style.setGeometry(new Point(placeView));
      return style;
    });
  const handles = isEditable ? handlesOf(promptScenePx).filter(({ handle }) => handle.kind === 'resize') : [];
  const labelPlace = box === undefined ? positive_points[0] : ([box[0], box[1]] as const);
  return [
    ...(box === undefined ? [] : boxStyle(color, isEditable)),
    ...handles.flatMap(({ atScenePx }) => at(atScenePx, handleStyle(color))),
    ...positive_points.flatMap((place) => at(place, pointStyle(true, isEditable))),
    ...negative_points.flatMap((place) => at(place, pointStyle(false, isEditable))),
    ...(labelPlace === undefined ? [] : at(labelPlace, labelStyle(label, color))),
  ];
}

function viewPlace(placeScenePx: PlainPoint, { sceneToView }: ScenePlacement): number[][] {
  const place = sceneToView(placeScenePx);
  return place === null ? [] : [[...place]];
}

type Corners = readonly [x0: number, y0: number, x1: number, y1: number];

function ringOf([x0, y0, x1, y1]: Corners, placement: ScenePlacement): number[][] | null {
  const corners: PlainPoint[] = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
    [x0, y0],
  ];
  const ring = corners.flatMap((corner) => viewPlace(corner, placement));
  return ring.length === corners.length ? ring : null;
}

function rectangle(corners: Corners, placement: ScenePlacement, style: Style[]): Feature[] {
  const ring = ringOf(corners, placement);
  if (ring === null) {
    return [];
  }
  const feature = new Feature(new Polygon([ring]));
  feature.setStyle(style);
  return [feature];
}

function cornersOf({ x, y, width, height }: WindowPx): Corners {
  return [x, y, x + width, y + height];
}
