import Feature from 'ol/Feature.js';
import Point from 'ol/geom/Point.js';
import Polygon from 'ol/geom/Polygon.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorSource from 'ol/source/Vector.js';
import type Style from 'ol/style/Style.js';
import type { Point as PlainPoint, WindowPx } from '../../src-main/contract/geo.ts';
import type { MapPrompt, MapTarget } from './map-contents.ts';
import { handlesOf } from './prompt-handles.ts';
import { boxStyle, draftStyle, handleStyle, labelStyle, pointStyle, targetStyle } from './prompt-styles.ts';
import type { ScenePlacement } from './scene-placement.ts';

type PlacementOf = (rasterId: string) => ScenePlacement | null;

/** Boxes, points and handles of prompts, the rectangle that is asked about, and the rectangle being drawn. */
export class PromptLayer {
  readonly layer: VectorLayer<VectorSource>;
  readonly #source = new VectorSource();
  readonly #draft = new VectorSource();
  readonly draftLayer: VectorLayer<VectorSource>;

  constructor() {
    const shared = { updateWhileAnimating: true, updateWhileInteracting: true };
    this.layer = new VectorLayer({ source: this.#source, ...shared });
    this.draftLayer = new VectorLayer({ source: this.#draft, ...shared });
  }

  set(prompts: readonly MapPrompt[], target: MapTarget | null, placementOf: PlacementOf): void {
    const features = prompts.flatMap((prompt) => {
      const placement = placementOf(prompt.rasterId);
      return placement === null ? [] : promptFeatures(prompt, placement);
    });
    const targetPlacement = target === null ? null : placementOf(target.rasterId);
    this.#source.clear(true);
    this.#source.addFeatures([
      ...(target === null || targetPlacement === null
        ? []
        : rectangle(cornersOf(target.windowPx), targetPlacement, targetStyle())),
      ...features,
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
}

function promptFeatures({ promptScenePx, color, label, isEditable }: MapPrompt, placement: ScenePlacement): Feature[] {
  const { bbox_2d: box, positive_points = [], negative_points = [] } = promptScenePx;
  const marks = (places: readonly PlainPoint[], isPositive: boolean): Feature[] =>
    places.flatMap((place) => mark(place, placement, pointStyle(isPositive, isEditable)));
  const handles = isEditable ? handlesOf(promptScenePx).filter(({ handle }) => handle.kind === 'resize') : [];
  const labelPlace = box === undefined ? positive_points[0] : ([box[0], box[1]] as const);
  return [
    ...(box === undefined ? [] : rectangle(box, placement, boxStyle(color, isEditable))),
    ...handles.flatMap(({ atScenePx }) => mark(atScenePx, placement, handleStyle(color))),
    ...marks(positive_points, true),
    ...marks(negative_points, false),
    ...(labelPlace === undefined ? [] : mark(labelPlace, placement, labelStyle(label, color))),
  ];
}

function mark(placeScenePx: PlainPoint, { sceneToView }: ScenePlacement, style: Style | Style[]): Feature[] {
  const place = sceneToView(placeScenePx);
  if (place === null) {
    return [];
  }
  const feature = new Feature(new Point([...place]));
  feature.setStyle(style);
  return [feature];
}

type Corners = readonly [x0: number, y0: number, x1: number, y1: number];

function rectangle([x0, y0, x1, y1]: Corners, { sceneToView }: ScenePlacement, style: Style[]): Feature[] {
  const corners: PlainPoint[] = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
    [x0, y0],
  ];
  const ring = corners.map(sceneToView);
  if (!ring.every((corner) => corner !== null)) {
    return [];
  }
  const feature = new Feature(new Polygon([ring.map((corner) => [...corner])]));
  feature.setStyle(style);
  return [feature];
}

function cornersOf({ x, y, width, height }: WindowPx): Corners {
  return [x, y, x + width, y + height];
}
