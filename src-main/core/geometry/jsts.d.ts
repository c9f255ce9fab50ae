/** The parts we use of jsts, a port of the Java Topology Suite; its own declarations are `any` throughout. */
declare module 'jsts/org/locationtech/jts/geom/Coordinate.js' {
  export default class Coordinate {
    constructor(x: number, y: number);
    readonly x: number;
    readonly y: number;
  }
}

declare module 'jsts/org/locationtech/jts/geom/Geometry.js' {
  import type Coordinate from 'jsts/org/locationtech/jts/geom/Coordinate.js';

  export default abstract class Geometry {
    isEmpty(): boolean;
    getNumGeometries(): number;
    getGeometryN(index: number): Geometry;
    getCoordinates(): Coordinate[];
    getGeometryType(): string;
  }

  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- a kind of geometry without members of its own
  export interface LinearRing extends Geometry {}

  export interface Polygon extends Geometry {
    getExteriorRing(): LinearRing;
    getNumInteriorRing(): number;
    getInteriorRingN(index: number): LinearRing;
  }
}

declare module 'jsts/org/locationtech/jts/geom/GeometryFactory.js' {
  import type Coordinate from 'jsts/org/locationtech/jts/geom/Coordinate.js';
  import type Geometry from 'jsts/org/locationtech/jts/geom/Geometry.js';
  import type { LinearRing, Polygon } from 'jsts/org/locationtech/jts/geom/Geometry.js';

  export default class GeometryFactory {
    createLinearRing(coordinates: Coordinate[]): LinearRing;
    createPolygon(shell: LinearRing, holes: LinearRing[]): Polygon;
    createMultiPolygon(polygons: Polygon[]): Geometry;
    createMultiLineString(lines: Geometry[]): Geometry;
    createLineString(coordinates: Coordinate[]): Geometry;
    createPoint(coordinate: Coordinate): Geometry;
  }
}

declare module 'jsts/java/util/ArrayList.js' {
  export default class ArrayList<T> {
    add(value: T): boolean;
    get(index: number): T;
    size(): number;
  }
}

declare module 'jsts/org/locationtech/jts/operation/overlay/OverlayOp.js' {
  const OverlayOp: { readonly INTERSECTION: number; readonly UNION: number; readonly DIFFERENCE: number };
  export default OverlayOp;
}

declare module 'jsts/org/locationtech/jts/operation/overlay/snap/SnapIfNeededOverlayOp.js' {
  import type Geometry from 'jsts/org/locationtech/jts/geom/Geometry.js';

  const SnapIfNeededOverlayOp: { overlayOp(first: Geometry, second: Geometry, operation: number): Geometry };
  export default SnapIfNeededOverlayOp;
}

declare module 'jsts/org/locationtech/jts/operation/union/CascadedPolygonUnion.js' {
  import type ArrayList from 'jsts/java/util/ArrayList.js';
  import type Geometry from 'jsts/org/locationtech/jts/geom/Geometry.js';

  const CascadedPolygonUnion: { union(polygons: ArrayList<Geometry>): Geometry | null };
  export default CascadedPolygonUnion;
}

declare module 'jsts/org/locationtech/jts/operation/buffer/BufferOp.js' {
  import type Geometry from 'jsts/org/locationtech/jts/geom/Geometry.js';

  const BufferOp: { bufferOp(geometry: Geometry, distance: number, quadrantSegments: number): Geometry };
  export default BufferOp;
}

declare module 'jsts/org/locationtech/jts/operation/valid/IsValidOp.js' {
  import type Geometry from 'jsts/org/locationtech/jts/geom/Geometry.js';

  const IsValidOp: { isValid(geometry: Geometry): boolean };
  export default IsValidOp;
}

declare module 'jsts/org/locationtech/jts/operation/polygonize/Polygonizer.js' {
  import type ArrayList from 'jsts/java/util/ArrayList.js';
  import type Geometry from 'jsts/org/locationtech/jts/geom/Geometry.js';

  export default class Polygonizer {
    add(lines: Geometry): void;
    getPolygons(): ArrayList<Geometry>;
  }
}

declare module 'jsts/org/locationtech/jts/simplify/TopologyPreservingSimplifier.js' {
  import type Geometry from 'jsts/org/locationtech/jts/geom/Geometry.js';

  const TopologyPreservingSimplifier: { simplify(geometry: Geometry, tolerance: number): Geometry };
  export default TopologyPreservingSimplifier;
}

declare module 'jsts/org/locationtech/jts/algorithm/InteriorPointArea.js' {
  import type Coordinate from 'jsts/org/locationtech/jts/geom/Coordinate.js';
  import type Geometry from 'jsts/org/locationtech/jts/geom/Geometry.js';

  const InteriorPointArea: { getInteriorPoint(geometry: Geometry): Coordinate };
  export default InteriorPointArea;
}
