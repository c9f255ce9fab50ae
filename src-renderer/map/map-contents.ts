/** What a map shows and what hands do on it: the border between the map and the rest of the window. */
import type { Polygon } from '../../src-main/contract/drawn-instance.ts';
import type { BoundingBox, Point, WindowPx } from '../../src-main/contract/geo.ts';
import type { Prompt } from '../../src-main/contract/prompt.ts';
import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';
import type { Look } from '../raster/colour-tile.ts';
import type { MapFrame } from './map-frame.ts';
import type { BoxScenePx, PointKind, PointScenePx } from '../state/prompt-edits.ts';

export interface MapRaster {
  readonly id: string;
  readonly url: string;
  readonly display: SceneDisplay;
  readonly visible: boolean;
  /** 0 to 1. */
  readonly opacity: number;
  readonly look: Look;
}

export interface MapShape {
  readonly id: string;
  readonly rasterId: string;
  /** In the CRS of the raster. */
  readonly polygonsMap: readonly Polygon[];
  readonly color: string;
  /** Of outline and fill, 0 to 1. */
  readonly opacity: number;
  readonly isRejected: boolean;
}

export interface MapPrompt {
  readonly instanceId: string;
  readonly rasterId: string;
  readonly promptScenePx: Prompt;
  readonly color: string;
  /** Short: it stands at the box. */
  readonly label: string;
}

export interface MapTarget {
  readonly rasterId: string;
  readonly windowPx: WindowPx;
}

/** What the left button does. `select` also moves the map. */
export type MapTool = 'select' | 'target' | 'point' | 'box';

export interface MapGestures {
  select(instanceId: string | null, how: { readonly extend: boolean }): void;
  hover(instanceId: string | null): void;
  placePoint(kind: PointKind, pointScenePx: PointScenePx): void;
  drawBox(boxScenePx: BoxScenePx): void;
  drawTarget(windowPx: WindowPx): void;
  /** Called for every step of a drag; steps of one drag have one key. */
  editPrompt(instanceId: string, promptScenePx: Prompt, dragKey: string): void;
  removePoint(instanceId: string, kind: PointKind, index: number): void;
}

/** Where the view is, in its own frame; what a project keeps. */
export interface MapPosition {
  readonly centreMap: [number, number];
  /** Map units along one pixel of the screen (CSS pixel). */
  readonly resolution: number;
}

export interface MapPlace extends MapPosition {
  readonly boundsMap: BoundingBox;
  readonly frame: MapFrame;
}

/** What the pointer is on. */
export interface PointerPlace {
  /** In the CRS of the active raster. */
  readonly pointMap: Point;
  readonly lonLat: Point | null;
  readonly pointScenePx: Point;
}
