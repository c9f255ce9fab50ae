import Feature, { type FeatureLike } from 'ol/Feature.js';
import MultiPolygon from 'ol/geom/MultiPolygon.js';
import { buffer, getHeight, getWidth } from 'ol/extent.js';
import type Layer from 'ol/layer/Layer.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorImageLayer from 'ol/layer/VectorImage.js';
import VectorSource from 'ol/source/Vector.js';
import type Style from 'ol/style/Style.js';
import type { Point } from '../../src-main/contract/geo.ts';
import type { MapShape } from './map-contents.ts';
import { replaceFeatures } from './replace-features.ts';
import type { ScenePlacement } from './scene-placement.ts';
import { ShapeStyles } from './shape-styles.ts';

type ShapeFeature = Feature<MultiPolygon>;
type ShapeSource = VectorSource<ShapeFeature>;

interface Drawn {
  shape: MapShape;
  readonly placement: ScenePlacement;
  readonly feature: ShapeFeature;
  /** Place in the list, later ones on top. */
  order: number;
}

/** Narrower and lower than this on the screen, an outline has no room for two lines. */
const smallPx = 10;
/** From so many on, drawing them takes longer than a frame has. */
const manyShapes = 1_000;
/** Without another change before many are drawn with new looks. */
const quietMs = 300;

/** Follows the raster while it moves: an outline that lags behind is no outline. */
const whileMoving = { updateWhileAnimating: true, updateWhileInteracting: true };

/**
 * Outlines and fills of instances. What is selected or pointed at is drawn once more, in a layer of its own, so that thousands of others
 * need not be drawn again for it.
 */
export class ShapeLayer {
  readonly #all: ShapeSource = new VectorSource<ShapeFeature>();
  readonly #emphasised: ShapeSource = new VectorSource<ShapeFeature>();
  readonly #fewLayer = new VectorLayer({
    source: this.#all,
    ...whileMoving,
    style: (feature, resolution) => this.#plainStyle(feature, resolution),
  });
  /** A picture of all of them, which moves with the map and is drawn anew when the map stands still. */
  readonly #manyLayer = new VectorImageLayer({
    source: this.#all,
    imageRatio: 1.5,
    visible: false,
    style: (feature, resolution) => this.#plainStyle(feature, resolution),
  });
  readonly #emphasisLayer = new VectorLayer({
    source: this.#emphasised,
    ...whileMoving,
    style: (feature) => this.#strongStyle(String(feature.getId())),
  });
  readonly #drawn = new Map<string, Drawn>();
  readonly #made = new WeakMap<MapShape['polygonsMap'], Pick<Drawn, 'placement' | 'feature'>>();
  readonly #styles = new ShapeStyles();
  /** Those whose outline changed while they were selected, hidden ones too: drawn in the upper layer alone until they are let go. */
  readonly #lifted = new Set<string>();
  #selected: ReadonlySet<string> = new Set();
  #hovered: string | null = null;
  #redrawing: ReturnType<typeof setTimeout> | undefined;

  /** Bottom first. */
  get layers(): readonly Layer[] {
    return [this.#fewLayer, this.#manyLayer, this.#emphasisLayer];
  }

  set(shapes: readonly MapShape[], placementOf: (rasterId: string) => ScenePlacement | null): void {
    const gone = new Map(this.#drawn);
    const stale: ShapeFeature[] = [];
    const fresh: ShapeFeature[] = [];
    let looksChanged = false;
    for (const [order, shape] of shapes.entries()) {
      const { id } = shape;
      const placement = placementOf(shape.rasterId);
      const known = this.#drawn.get(id);
      gone.delete(id);
      if (known !== undefined && known.placement === placement && known.shape.polygonsMap === shape.polygonsMap) {
        looksChanged ||= !looksAlike(known.shape, shape);
        known.shape = shape;
        known.order = order;
        continue;
      }
      if (known !== undefined) {
        stale.push(known.feature);
        this.#drawn.delete(id);
      }
      const feature = placement === null ? null : this.#featureOf(shape, placement);
      if (placement !== null && feature !== null) {
        this.#drawn.set(id, { shape, placement, feature, order });
        if (this.#selected.has(id) && (known !== undefined || this.#lifted.has(id))) {
          this.#lifted.add(id);
        } else {
          fresh.push(feature);
        }
      }
    }
    for (const [id, { feature }] of gone) {
      stale.push(feature);
      this.#drawn.delete(id);
    }
    replaceFeatures(this.#all, stale, fresh, () =>
      [...this.#drawn].flatMap(([id, { feature }]) => (this.#lifted.has(id) ? [] : [feature])),
    );
    const areMany = this.#drawn.size > manyShapes;
    this.#fewLayer.setVisible(!areMany);
    this.#manyLayer.setVisible(areMany);
    if (looksChanged) {
      this.#showNewLooks(areMany);
    }
    this.#drawEmphasis();
  }

  emphasise(selected: readonly string[], hovered: string | null): void {
    this.#selected = new Set(selected);
    this.#hovered = hovered;
    const letGo = [...this.#lifted].filter((id) => !this.#selected.has(id));
    letGo.forEach((id) => this.#lifted.delete(id));
    // Even nothing that is added would have all of them drawn anew, at every move of the pointer.
    if (letGo.length > 0) {
      this.#all.addFeatures(letGo.flatMap((id) => this.#drawn.get(id)?.feature ?? []));
    }
    this.#drawEmphasis();
  }

  /** Of some shapes, in the frame of the view; null when none is drawn. */
  extentOf(ids: readonly string[]): number[] | null {
    const extents = ids.flatMap((id) => this.#drawn.get(id)?.feature.getGeometry()?.getExtent() ?? []);
    if (extents.length === 0) {
      return null;
    }
    const at = (side: number): number[] => extents.filter((_, index) => index % 4 === side);
    return [Math.min(...at(0)), Math.min(...at(1)), Math.max(...at(2)), Math.max(...at(3))];
  }

  /** The shape at a place of the view: of several the one that lies on top, rejected ones last. */
  shapeAt(placeView: Point, reach: number): string | null {
    const area = buffer([...placeView, ...placeView], reach);
    let top: { id: string; rank: number } | null = null;
    for (const source of [this.#all, this.#emphasised]) {
      source.forEachFeatureIntersectingExtent(area, (feature) => {
        const id = String(feature.getId());
        const drawn = this.#drawn.get(id);
        const rank = drawn === undefined ? -1 : this.#rank(drawn);
        if (rank > (top?.rank ?? -1)) {
          top = { id, rank };
        }
      });
    }
    return (top as { id: string } | null)?.id ?? null;
  }

  /** The one that was made before, where what is shown again or brought back by undo has one. */
  #featureOf(shape: MapShape, placement: ScenePlacement): ShapeFeature | null {
    const known = this.#made.get(shape.polygonsMap);
    if (known?.placement === placement && known.feature.getId() === shape.id) {
      return known.feature;
    }
    const polygons = polygonsInView(shape, placement);
    if (polygons.length === 0) {
      return null;
    }
    const feature = new Feature(new MultiPolygon(polygons));
    feature.setId(shape.id);
    this.#made.set(shape.polygonsMap, { placement, feature });
    return feature;
  }

  /** Who judges one object of thousands after the other waits for none of them. */
  #showNewLooks(areMany: boolean): void {
    clearTimeout(this.#redrawing);
    if (areMany) {
      this.#redrawing = setTimeout(() => this.#manyLayer.changed(), quietMs);
    } else {
      this.#fewLayer.changed();
    }
  }

  #rank({ shape: { id, isRejected }, order }: Drawn): number {
    return order + this.#drawn.size * ((isRejected ? 0 : 2) + (this.#selected.has(id) ? 1 : 0));
  }

  #drawEmphasis(): void {
    const ids = new Set([...(this.#hovered === null ? [] : [this.#hovered]), ...this.#selected]);
    const features = [...ids].flatMap((id) => this.#drawn.get(id)?.feature ?? []);
    if (features.length > 0 || !this.#emphasised.isEmpty()) {
      this.#emphasised.clear(true);
      this.#emphasised.addFeatures(features);
    }
  }

  #plainStyle(feature: FeatureLike, resolution: number): Style[] {
    const shape = this.#drawn.get(String(feature.getId()))?.shape;
    const extent = feature.getGeometry()?.getExtent();
    if (shape === undefined || extent === undefined) {
      return [];
    }
    const isSmall = Math.max(getWidth(extent), getHeight(extent)) < smallPx * resolution;
    return this.#styles.of(shape, isSmall ? 'small' : 'plain', true);
  }

  #strongStyle(id: string): Style[] {
    const shape = this.#drawn.get(id)?.shape;
    return shape === undefined
      ? []
      : this.#styles.of(shape, this.#selected.has(id) ? 'selected' : 'hovered', this.#lifted.has(id));
  }
}

function looksAlike(one: MapShape, other: MapShape): boolean {
  return one.color === other.color && one.opacity === other.opacity && one.isRejected === other.isRejected;
}

function polygonsInView({ polygonsMap }: MapShape, { toView }: ScenePlacement): number[][][][] {
  return polygonsMap.flatMap(({ rings }) => {
    const ringsInView = rings.map((ring) => {
      const points: (Point | null)[] = [];
      for (let index = 0; index < ring.length; index += 2) {
        points.push(toView([ring[index]!, ring[index + 1]!]));
      }
      return [...points, points[0] ?? null];
    });
    return ringsInView.every((ring): ring is Point[] => !ring.includes(null))
      ? [ringsInView.map((ring) => ring.map((point) => [...point]))]
      : [];
  });
}
