import type MapBrowserEvent from 'ol/MapBrowserEvent.js';
import PointerInteraction from 'ol/interaction/Pointer.js';
import type { Point, WindowPx } from '../../src-main/contract/geo.ts';
import type { Prompt } from '../../src-main/contract/prompt.ts';
import { boxFromCorners } from '../state/prompt-edits.ts';
import { clampToScene } from '../state/scene-geometry.ts';
import type { MapGestures, MapPrompt, MapTool } from './map-contents.ts';
import { dragHandle, handleAt, type Handle } from './prompt-handles.ts';
import type { ScenePlacement } from './scene-placement.ts';

/** What the interaction asks of the map around it. */
export interface HandSurroundings {
  readonly tool: () => MapTool;
  /** The map is being moved by hand, whatever the tool. */
  readonly isPanning: (event: PointerEvent) => boolean;
  /** Those with handles. */
  readonly prompts: () => readonly MapPrompt[];
  readonly placementOf: (rasterId: string) => ScenePlacement | null;
  readonly active: () => ScenePlacement | null;
  readonly toScreen: (pointView: Point) => Point | null;
  readonly setCursor: (cursor: string) => void;
  readonly setDraft: (corners: readonly [Point, Point] | null, placement: ScenePlacement) => void;
  readonly gestures: () => MapGestures;
}

type Drag =
  | {
      readonly kind: 'handle';
      readonly handle: Handle;
      readonly before: MapPrompt;
      readonly placement: ScenePlacement;
      readonly fromScenePx: Point;
      readonly fromScreen: Point;
      readonly key: string;
    }
  | {
      readonly kind: 'draw';
      readonly tool: MapTool;
      readonly placement: ScenePlacement;
      readonly fromScenePx: Point;
      readonly fromScreen: Point;
    };

const reachScreenPx = 8;
/** A hand is not steady: less than this is a click. */
const clickScreenPx = 4;

/** Everything that hands do to prompts and rectangles. What it does not take, such as a drag of the map, is left to others. */
export class HandInteraction extends PointerInteraction {
  readonly #around: HandSurroundings;
  #drag: Drag | null = null;
  #dragCount = 0;

  constructor(around: HandSurroundings) {
    super();
    this.#around = around;
  }

  override handleDownEvent(event: MapBrowserEvent<PointerEvent>): boolean {
    if (event.originalEvent.button !== 0 || this.#around.isPanning(event.originalEvent)) {
      return false;
    }
    this.#drag = this.#beginHandle(event) ?? this.#beginDrawing(event);
    return this.#drag !== null;
  }

  override handleDragEvent(event: MapBrowserEvent<PointerEvent>): void {
    const drag = this.#drag;
    const toScenePx = drag?.placement.viewToScene(pointOf(event.coordinate));
    if (drag === null || !toScenePx) {
      return;
    }
    if (drag.kind === 'handle') {
      if (drag.handle.kind !== 'point' && !this.#isDrawn(drag, event)) {
        return;
      }
      const { before, handle, fromScenePx, key, placement } = drag;
      const prompt = dragHandle(before.promptScenePx, handle, fromScenePx, toScenePx, placement);
      this.#around.gestures().editPrompt(before.instanceId, prompt, key);
    } else if (this.#isDrawn(drag, event)) {
      const corners = [drag.fromScenePx, toScenePx].map((corner) => clampToScene(drag.placement, corner));
      this.#around.setDraft([corners[0]!, corners[1]!], drag.placement);
    }
  }

  override handleUpEvent(event: MapBrowserEvent<PointerEvent>): boolean {
    const drag = this.#drag;
    this.#drag = null;
    if (drag?.kind === 'draw') {
      this.#around.setDraft(null, drag.placement);
      this.#finishDrawing(drag, event);
    } else if (drag !== null && drag.handle.kind !== 'point' && !this.#isDrawn(drag, event)) {
      // A click on an edge moves nothing: with the point tool it means the place.
      this.#placePoint(drag.placement, drag.fromScenePx);
    }
    return false;
  }

  override handleMoveEvent(event: MapBrowserEvent<PointerEvent>): void {
    this.#around.setCursor(this.#cursorAt(pointOf(event.pixel)));
  }

  /** The editable prompt and the part of it that lie under a place of the screen. */
  handleUnder(pointScreen: Point): { prompt: MapPrompt; handle: Handle; placement: ScenePlacement } | null {
    for (const prompt of this.#around.prompts()) {
      const placement = this.#around.placementOf(prompt.rasterId);
      if (placement !== null) {
        const toScreen = (pointScenePx: Point): Point | null => {
          const pointView = placement.sceneToView(pointScenePx);
          return pointView === null ? null : this.#around.toScreen(pointView);
        };
        const handle = handleAt(prompt.promptScenePx, pointScreen, toScreen, reachScreenPx);
        if (handle !== null) {
          return { prompt, handle, placement };
        }
      }
    }
    return null;
  }

  #beginHandle(event: MapBrowserEvent<PointerEvent>): Drag | null {
    const under = this.handleUnder(pointOf(event.pixel));
    const fromScenePx = under?.placement.viewToScene(pointOf(event.coordinate));
    if (under === null || !fromScenePx) {
      return null;
    }
    const { prompt: before, handle, placement } = under;
    this.#dragCount += 1;
    return {
      kind: 'handle',
      handle,
      before,
      placement,
      fromScenePx,
      fromScreen: pointOf(event.pixel),
      key: `drag-${this.#dragCount}`,
    };
  }

  #beginDrawing(event: MapBrowserEvent<PointerEvent>): Drag | null {
    const placement = this.#around.active();
    const fromScenePx = placement?.viewToScene(pointOf(event.coordinate));
    return this.#around.tool() === 'select' || placement === null || !fromScenePx
      ? null
      : { kind: 'draw', tool: this.#around.tool(), placement, fromScenePx, fromScreen: pointOf(event.pixel) };
  }

  #finishDrawing(drag: Extract<Drag, { kind: 'draw' }>, event: MapBrowserEvent<PointerEvent>): void {
    const gestures = this.#around.gestures();
    const { placement, tool } = drag;
    const toScenePx = placement.viewToScene(pointOf(event.coordinate));
    // Who leaves the tool while drawing has given up what was being drawn.
    if (toScenePx === null || tool !== this.#around.tool()) {
      return;
    }
    if (!this.#isDrawn(drag, event)) {
      this.#placePoint(placement, drag.fromScenePx);
      return;
    }
    const boxScenePx = boxFromCorners(clampToScene(placement, drag.fromScenePx), clampToScene(placement, toScenePx));
    const windowPx = wholePixels(boxScenePx);
    if (windowPx === null) {
      return;
    }
    if (tool === 'target') {
      gestures.drawTarget(windowPx);
    } else {
      gestures.drawBox(boxScenePx);
    }
  }

  #placePoint(placement: ScenePlacement, atScenePx: Point): void {
    if (this.#around.tool() === 'point' && isInside(placement, atScenePx)) {
      this.#around.gestures().placePoint('positive_points', [...atScenePx]);
    }
  }

  #isDrawn({ fromScreen }: { fromScreen: Point }, { pixel }: MapBrowserEvent<PointerEvent>): boolean {
    return Math.hypot(pixel[0]! - fromScreen[0], pixel[1]! - fromScreen[1]) >= clickScreenPx;
  }

  #cursorAt(pointScreen: Point): string {
    const handle = this.handleUnder(pointScreen)?.handle;
    switch (handle?.kind) {
      case 'point':
        return 'grab';
      case 'move':
        return 'move';
      case 'resize':
        return resizeCursor(handle.sideX, handle.sideY);
      case undefined:
        return this.#around.tool() === 'select' ? 'default' : 'crosshair';
    }
  }
}

/** The smallest window of whole pixels around a box; null when it has no area. */
function wholePixels([x0, y0, x1, y1]: Prompt['bbox_2d'] & {}): WindowPx | null {
  const [x, y] = [Math.floor(x0), Math.floor(y0)];
  const [width, height] = [Math.ceil(x1) - x, Math.ceil(y1) - y];
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

export function isInside({ width, height }: { width: number; height: number }, [x, y]: Point): boolean {
  return x >= 0 && y >= 0 && x <= width && y <= height;
}

function resizeCursor(sideX: number, sideY: number): string {
  if (sideX === 0) {
    return 'ns-resize';
  }
  if (sideY === 0) {
    return 'ew-resize';
  }
  return sideX === sideY ? 'nwse-resize' : 'nesw-resize';
}

function pointOf([x = 0, y = 0]: readonly number[]): Point {
  return [x, y];
}
