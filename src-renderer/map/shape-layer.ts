import Feature from 'ol/Feature.js';
import MultiPolygon from 'ol/geom/MultiPolygon.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorSource from 'ol/source/Vector.js';
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import type { Point } from '../../src-main/contract/geo.ts';
import type { MapShape } from './map-contents.ts';
import type { ScenePlacement } from './scene-placement.ts';

/** Opacity of the fill within that of the result, as the exported QGIS style has it: what lies below must stay visible. */
const fill = 0.3;
const strongFill = 0.45;

/** Outlines and fills of instances. */
export class ShapeLayer {
  readonly layer: VectorLayer<VectorSource<Feature<MultiPolygon>>>;
  readonly #source = new VectorSource<Feature<MultiPolygon>>();
  readonly #shapes = new Map<string, MapShape>();
  #selected: ReadonlySet<string> = new Set();
  #hovered: string | null = null;

  constructor() {
    this.layer = new VectorLayer({
      source: this.#source,
      // Follows the raster while it moves: an outline that lags behind is no outline.
      updateWhileAnimating: true,
      updateWhileInteracting: true,
      style: (feature) => this.#styleOf(String(feature.getId())),
    });
  }

  set(shapes: readonly MapShape[], placementOf: (rasterId: string) => ScenePlacement | null): void {
    this.#shapes.clear();
    const features = shapes.flatMap((shape) => {
      const placement = placementOf(shape.rasterId);
      const polygons = placement === null ? [] : polygonsInView(shape, placement);
      if (polygons.length === 0) {
        return [];
      }
      this.#shapes.set(shape.id, shape);
      const feature = new Feature(new MultiPolygon(polygons));
      feature.setId(shape.id);
      return [feature];
    });
    this.#source.clear(true);
    this.#source.addFeatures(features);
  }

  emphasise(selected: readonly string[], hovered: string | null): void {
    this.#selected = new Set(selected);
    this.#hovered = hovered;
    this.layer.changed();
  }

  /** Of some shapes, in the frame of the view; null when none is drawn. */
  extentOf(ids: readonly string[]): number[] | null {
    const extents = ids.flatMap((id) => this.#source.getFeatureById(id)?.getGeometry()?.getExtent() ?? []);
    if (extents.length === 0) {
      return null;
    }
    const at = (side: number): number[] => extents.filter((_, index) => index % 4 === side);
    return [Math.min(...at(0)), Math.min(...at(1)), Math.max(...at(2)), Math.max(...at(3))];
  }

  #styleOf(id: string): Style[] {
    const shape = this.#shapes.get(id);
    if (shape === undefined) {
      return [];
    }
    const isSelected = this.#selected.has(id);
    const isStrong = isSelected || this.#hovered === id;
    const lineDash = shape.isRejected ? { lineDash: [4, 4] } : {};
    const fillOpacity = shape.isRejected ? 0 : shape.opacity * (isStrong ? strongFill : fill);
    return [
      // A dark line below and the colour above it are seen on any ground.
      new Style({
        stroke: new Stroke({
          color: withOpacity('#000000', 0.55 * shape.opacity),
          width: isSelected ? 5 : isStrong ? 4 : 3.5,
          ...lineDash,
        }),
        zIndex: isSelected ? 2 : 0,
      }),
      new Style({
        fill: new Fill({ color: withOpacity(shape.color, fillOpacity) }),
        stroke: new Stroke({
          color: withOpacity(isSelected ? '#ffffff' : shape.color, shape.opacity),
          width: isSelected ? 2.5 : isStrong ? 2.5 : 1.75,
          ...lineDash,
        }),
        zIndex: isSelected ? 3 : 1,
      }),
    ];
  }
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

/** @param color `#rrggbb` */
export function withOpacity(color: string, opacity: number): string {
  const byte = Math.round(opacity * 255);
  return `${color}${byte.toString(16).padStart(2, '0')}`;
}
