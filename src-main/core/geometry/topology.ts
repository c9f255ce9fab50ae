/**
 * Set operations on polygons: the only place that knows the topology library (jsts). Planar: coordinates are numbers on a plane, and
 * are best kept small (a plane with its origin near the shapes). Results are valid; exteriors have positive shoelace area, holes negative.
 */
import ArrayList from 'jsts/java/util/ArrayList.js';
import InteriorPointArea from 'jsts/org/locationtech/jts/algorithm/InteriorPointArea.js';
import Coordinate from 'jsts/org/locationtech/jts/geom/Coordinate.js';
import type Geometry from 'jsts/org/locationtech/jts/geom/Geometry.js';
import type { LinearRing, Polygon } from 'jsts/org/locationtech/jts/geom/Geometry.js';
import GeometryFactory from 'jsts/org/locationtech/jts/geom/GeometryFactory.js';
import BufferOp from 'jsts/org/locationtech/jts/operation/buffer/BufferOp.js';
import OverlayOp from 'jsts/org/locationtech/jts/operation/overlay/OverlayOp.js';
import SnapIfNeededOverlayOp from 'jsts/org/locationtech/jts/operation/overlay/snap/SnapIfNeededOverlayOp.js';
import Polygonizer from 'jsts/org/locationtech/jts/operation/polygonize/Polygonizer.js';
import CascadedPolygonUnion from 'jsts/org/locationtech/jts/operation/union/CascadedPolygonUnion.js';
import IsValidOp from 'jsts/org/locationtech/jts/operation/valid/IsValidOp.js';
import TopologyPreservingSimplifier from 'jsts/org/locationtech/jts/simplify/TopologyPreservingSimplifier.js';
import type { Point } from '../../contract/geo.ts';
import type { PolygonRings, RingCoordinates } from '../ports.ts';
import { ringLength, signedRingArea } from './planar.ts';

const factory = new GeometryFactory();

/** Segments of a quarter circle where a buffer goes round a corner, as GEOS and Shapely (16 and 8) and QGIS (5) have similar. */
const quadrantSegments = 8;
/** Share of a distance by which a border may be off that was taken so far in steps; arcs of so many segments are by 0.005. */
const roundness = 0.001;

export function unite(polygons: readonly PolygonRings[]): PolygonRings[] {
  const list = new ArrayList<Geometry>();
  for (const polygon of polygons) {
    list.add(toPolygon(polygon));
  }
  const union = CascadedPolygonUnion.union(list);
  return union === null ? [] : toRings(union);
}

export function subtract(from: readonly PolygonRings[], what: readonly PolygonRings[]): PolygonRings[] {
  return overlay(from, what, OverlayOp.DIFFERENCE);
}

export function intersect(first: readonly PolygonRings[], second: readonly PolygonRings[]): PolygonRings[] {
  return overlay(first, second, OverlayOp.INTERSECTION);
}

/**
 * Grows (positive) or shrinks (negative) by a distance, round at corners. Where it is much longer than the edges, in steps that double: the
 * first ones smooth the stairs of pixel edges away, whose arcs would else all cross one another, which takes seconds.
 */
export function buffer(polygons: readonly PolygonRings[], distance: number): PolygonRings[] {
  const doublings = Math.max(0, Math.ceil(Math.log2(Math.abs(distance) / (2 * meanEdge(polygons)))));
  let shape = polygons;
  let reached = 0;
  for (let left = doublings; left >= 0 && shape.length > 0; left--) {
    const target = distance / 2 ** left;
    const grown = toRings(BufferOp.bufferOp(toMultiPolygon(shape), target - reached, quadrantSegments));
    // Arcs upon arcs have more vertices than anything needs.
    shape = doublings === 0 ? grown : simplify(grown, Math.abs(target) * roundness);
    reached = target;
  }
  return [...shape];
}

function meanEdge(polygons: readonly PolygonRings[]): number {
  const rings = polygons.flatMap((polygon) => polygon.rings);
  const edges = rings.reduce((sum, ring) => sum + ring.length / 2, 0);
  return rings.reduce((sum, ring) => sum + ringLength(ring), 0) / edges;
}

/** Fewer vertices; no border moves by more than the tolerance, rings keep their topology and at least four vertices. */
export function simplify(polygons: readonly PolygonRings[], tolerance: number): PolygonRings[] {
  return makeValid(toRings(TopologyPreservingSimplifier.simplify(toMultiPolygon(polygons), tolerance)));
}

/** Whether rings neither cross nor touch along a line, and holes lie inside. */
export function isValid(polygons: readonly PolygonRings[]): boolean {
  return IsValidOp.isValid(toMultiPolygon(polygons));
}

/** The same area with valid rings: what an odd number of rings goes round, as filling the rings on a screen shows it. */
export function makeValid(polygons: readonly PolygonRings[]): PolygonRings[] {
  if (polygons.length === 0) {
    return [];
  }
  const drawable = polygons.map(({ rings }) => ({ rings: rings.filter((ring) => ring.length >= 6) }));
  const kept = drawable.filter(({ rings }) => rings.length > 0);
  const geometry = toMultiPolygon(kept);
  if (IsValidOp.isValid(geometry)) {
    return toRings(geometry);
  }
  const rings = kept.flatMap((polygon) => polygon.rings);
  const lines = factory.createMultiLineString(rings.map((ring) => factory.createLineString(closed(ring))));
  // Overlaying with anything puts a node at every crossing.
  const noded = SnapIfNeededOverlayOp.overlayOp(lines, factory.createPoint(closed(rings[0]!)[0]!), OverlayOp.UNION);
  const polygonizer = new Polygonizer();
  polygonizer.add(noded);
  const faces = polygonizer.getPolygons();
  const inside = new ArrayList<Geometry>();
  for (let index = 0; index < faces.size(); index++) {
    const { x, y } = InteriorPointArea.getInteriorPoint(faces.get(index));
    if (rings.filter((ring) => isInRing(ring, x, y)).length % 2 === 1) {
      inside.add(faces.get(index));
    }
  }
  const union = CascadedPolygonUnion.union(inside);
  return union === null ? [] : toRings(union);
}

/** A point well inside a polygon. */
export function interiorPoint(polygon: PolygonRings): Point {
  const { x, y } = InteriorPointArea.getInteriorPoint(toPolygon(polygon));
  return [x, y];
}

export function contains({ rings }: PolygonRings, [x, y]: Point): boolean {
  return rings.filter((ring) => isInRing(ring, x, y)).length % 2 === 1;
}

function overlay(first: readonly PolygonRings[], second: readonly PolygonRings[], operation: number): PolygonRings[] {
  return toRings(SnapIfNeededOverlayOp.overlayOp(toMultiPolygon(first), toMultiPolygon(second), operation));
}

function toMultiPolygon(polygons: readonly PolygonRings[]): Geometry {
  return factory.createMultiPolygon(polygons.map(toPolygon));
}

function toPolygon({ rings: [exterior = new Float64Array(), ...holes] }: PolygonRings): Polygon {
  const ring = (coordinates: RingCoordinates): LinearRing => factory.createLinearRing(closed(coordinates));
  return factory.createPolygon(ring(exterior), holes.map(ring));
}

function closed(ring: RingCoordinates): Coordinate[] {
  const coordinates: Coordinate[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    coordinates.push(new Coordinate(ring[i]!, ring[i + 1]!));
  }
  return ring.length === 0 ? [] : [...coordinates, new Coordinate(ring[0]!, ring[1]!)];
}

/** The polygons of any geometry; lines and points that an overlay leaves have no area and are dropped. */
function toRings(geometry: Geometry): PolygonRings[] {
  if (geometry.isEmpty()) {
    return [];
  }
  if (geometry.getGeometryType() === 'Polygon') {
    const polygon = geometry as Polygon;
    const holes = Array.from({ length: polygon.getNumInteriorRing() }, (_, index) => polygon.getInteriorRingN(index));
    return [{ rings: [polygon.getExteriorRing(), ...holes].map((ring, index) => openRing(ring, index === 0)) }];
  }
  if (!geometry.getGeometryType().endsWith('Polygon') && geometry.getGeometryType() !== 'GeometryCollection') {
    return [];
  }
  return Array.from({ length: geometry.getNumGeometries() }, (_, index) => geometry.getGeometryN(index)).flatMap(
    toRings,
  );
}

function openRing(ring: LinearRing, positive: boolean): RingCoordinates {
  const coordinates = ring.getCoordinates().slice(0, -1);
  const open = Float64Array.from(coordinates.flatMap(({ x, y }) => [x, y]));
  return signedRingArea(open) > 0 === positive
    ? open
    : Float64Array.from([...coordinates].reverse().flatMap(({ x, y }) => [x, y]));
}

/** Even-odd rule for one ring. */
function isInRing(ring: RingCoordinates, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const [xi, yi, xj, yj] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) {
      inside = !inside;
    }
  }
  return inside;
}
