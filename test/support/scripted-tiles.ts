/** A reason stage that gives known prompts: it recognises the picture of each tile and answers as a model would that sees no farther. */
import { createHash } from 'node:crypto';
import type { WindowPx } from '../../src-main/contract/geo.ts';
import type { Prompt } from '../../src-main/contract/prompt.ts';
import type { Reasoner, RgbImage } from '../../src-main/core/ports.ts';
import { stepOptions } from '../../src-main/core/query/step-options.ts';
import type { SceneView } from '../../src-main/core/query/scene-view.ts';
import type { TilePlan } from '../../src-main/core/scenes/plan-tiles.ts';
import { readTile } from '../../src-main/core/scenes/read-tile.ts';

export type SceneBox = readonly [x0: number, y0: number, x1: number, y1: number];

/** `every-tile`: each tile names what it sees of an object. `one-tile`: only the tile that sees most of it does, or a window that sees more. */
export type Reporting = 'every-tile' | 'one-tile';

interface Frame {
  readonly width: number;
  readonly height: number;
}

/** What of a box lies in a window; null for less than four pixels of a side. */
function visible([x0, y0, x1, y1]: SceneBox, { x, y, width, height }: WindowPx): SceneBox | null {
  const cut = [Math.max(x0, x), Math.max(y0, y), Math.min(x1, x + width), Math.min(y1, y + height)] as const;
  return cut[2] - cut[0] >= 4 && cut[3] - cut[1] >= 4 ? cut : null;
}

/** The prompt that names a box in scene pixels: the box, and a point in the middle of it. */
export function promptOfBox([x0, y0, x1, y1]: SceneBox): Prompt {
  return { bbox_2d: [x0, y0, x1, y1], positive_points: [[(x0 + x1) / 2, (y0 + y1) / 2]] };
}

/** What a tile says of a box: what it sees of it, and the point if that lies in the tile, in the pixels of its picture. */
function promptInTile(box: SceneBox, part: SceneBox, { x, y, width, height }: WindowPx, frame: Frame): Prompt {
  const toPicture = (sceneX: number, sceneY: number): [number, number] => [
    ((sceneX - x) * frame.width) / width,
    ((sceneY - y) * frame.height) / height,
  ];
  const [pointX, pointY] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  const isSeen = pointX >= x && pointX <= x + width && pointY >= y && pointY <= y + height;
  return {
    bbox_2d: [...toPicture(part[0], part[1]), ...toPicture(part[2], part[3])],
    ...(isSeen ? { positive_points: [toPicture(pointX, pointY)] } : {}),
  };
}

function areaOf([x0, y0, x1, y1]: SceneBox): number {
  return (x1 - x0) * (y1 - y0);
}

/** What is said of a window: the parts of objects that it shows. */
function said(
  windowPx: WindowPx,
  boxes: readonly SceneBox[],
  plan: TilePlan,
  frame: Frame,
  reporting: Reporting,
): Prompt[] {
  return boxes.flatMap((box) => {
    const part = visible(box, windowPx);
    const isNamed = part !== null && (reporting === 'every-tile' || speaksFirst(box, part, windowPx, plan));
    return isNamed ? [promptInTile(box, part, windowPx, frame)] : [];
  });
}

/** Whether no tile of the plan sees more of a box; of tiles that see as much the first one speaks. */
function speaksFirst(box: SceneBox, part: SceneBox, windowPx: WindowPx, plan: TilePlan): boolean {
  const seen = plan.tiles.map((tile) => visible(box, tile.windowPx)).map((of) => (of === null ? 0 : areaOf(of)));
  const most = Math.max(...seen);
  const index = plan.tiles.findIndex((tile) => tile.windowPx === windowPx);
  return index < 0 ? areaOf(part) >= most : index === seen.indexOf(most);
}

const keyOf = ({ width, height, data }: RgbImage): string =>
  createHash('sha256').update(`${width}x${height}`).update(data).digest('hex');

/** @param windowsPx what was read of the scene so far: one of them is what a picture shows. */
export function scriptedReasoner(
  view: SceneView,
  plan: TilePlan,
  frame: Frame,
  boxes: readonly SceneBox[],
  reporting: Reporting,
  windowsPx: readonly WindowPx[],
): Reasoner & { asked: WindowPx[] } {
  const scene = { source: view.source, bands: view.bands, stretch: view.model.stretch, targetPx: view.windowPx };
  const options = stepOptions({ signal: new AbortController().signal, onProgress: () => undefined });
  const pictured = new Map<string, WindowPx>();
  const recognise = async (imageKey: string): Promise<WindowPx> => {
    const known = [...pictured.values()];
    for (const windowPx of [...plan.tiles.map((tile) => tile.windowPx), ...windowsPx]) {
      if (pictured.has(imageKey)) {
        break;
      }
      if (!known.includes(windowPx)) {
        const read = await readTile(scene, windowPx, frame, options);
        if (typeof read !== 'string') {
          pictured.set(keyOf(read.model.imageModel), windowPx);
        }
      }
    }
    const found = pictured.get(imageKey);
    if (found === undefined) {
      throw new Error('asked about a picture of nothing that was read');
    }
    return found;
  };
  const asked: WindowPx[] = [];
  return {
    provider: 'cpu',
    frame,
    asked,
    reason: async ({ imageKey }) => {
      const windowPx = await recognise(imageKey);
      asked.push(windowPx);
      const prompts = said(windowPx, boxes, plan, frame, reporting);
      return {
        text: `<think>${prompts.length} of them.</think><answer>${JSON.stringify(prompts)}</answer>`,
        stopReason: 'answer-end',
        promptTokens: 1,
        reusedTokens: 0,
        newTokens: 1,
        timingsMs: { preprocess: 0, vision: 0, prefill: 0, decode: 0 },
      };
    },
    dispose: () => Promise.resolve(),
  };
}
