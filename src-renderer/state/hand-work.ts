/** Clicks and boxes by hand as edits of the work: they change the selected object, or begin one, with no question at all. */
import type { WindowPx } from '../../src-main/contract/geo.ts';
import type { Prompt } from '../../src-main/contract/prompt.ts';
import { findInstance, type Instance, type Result, type WorkDocument } from './document.ts';
import { addInstance, addResult, setPrompt, type Edit } from './document-edits.ts';
import { addPoint, withBox, type BoxScenePx, type PointKind, type PointScenePx } from './prompt-edits.ts';

export interface HandContext {
  readonly work: WorkDocument;
  readonly selectedId: string | null;
  readonly rasterId: string;
  /** What a new result by hand covers: the view, or the whole scene where the view does not hold the object. */
  readonly windowsPx: readonly WindowPx[];
  readonly newId: () => string;
  readonly newResult: (content: Pick<Result, 'windowPx' | 'instances'>) => Result;
}

export interface HandEdit {
  readonly edit: Edit;
  /** The object that was changed or begun. */
  readonly instanceId: string;
  readonly isNew: boolean;
}

/** A click changes the selected object; without one a positive point begins a new object. Null when it means nothing. */
export function editOfClick(context: HandContext, kind: PointKind, pointScenePx: PointScenePx): HandEdit | null {
  const selected = selectedOf(context);
  if (selected !== null) {
    return changed(selected.id, addPoint(selected.prompt, kind, pointScenePx));
  }
  return kind === 'positive_points' ? begin(context, { positive_points: [pointScenePx] }) : null;
}

/** A box gives the selected object its extent when it has none yet, else it begins another object. */
export function editOfBox(context: HandContext, boxScenePx: BoxScenePx): HandEdit | null {
  const selected = selectedOf(context);
  return selected !== null && selected.prompt.bbox_2d === undefined
    ? changed(selected.id, withBox(selected.prompt, boxScenePx))
    : begin(context, { bbox_2d: boxScenePx });
}

function changed(instanceId: string, prompt: Prompt): HandEdit {
  return { edit: setPrompt(instanceId, prompt), instanceId, isNew: false };
}

function selectedOf({ work, selectedId, rasterId }: HandContext): { id: string; prompt: Prompt } | null {
  const found = findInstance(work, selectedId);
  const prompt = found?.instance.promptScenePx ?? null;
  // What is hidden would change without anybody seeing it.
  return found === null || prompt === null || found.result.rasterId !== rasterId || !found.result.visible
    ? null
    : { id: found.instance.id, prompt };
}

/** The object joins the result of the selected one where its window reaches, else other work by hand, else a new result. */
function begin(context: HandContext, promptScenePx: Prompt): HandEdit | null {
  const instance: Instance = {
    id: context.newId(),
    attributes: [],
    origin: 'manual',
    verdict: 'open',
    promptScenePx,
    outlinedPrompt: null,
    polygonsMap: [],
    score: null,
    areaM2: null,
    perimeterM: null,
  };
  const host = hostOf(context, promptScenePx);
  if (host !== null) {
    return { edit: addInstance(host.id, instance), instanceId: instance.id, isNew: true };
  }
  const windowPx = context.windowsPx.find((candidatePx) => holds(candidatePx, promptScenePx));
  return windowPx === undefined
    ? null
    : {
        edit: addResult(context.newResult({ windowPx, instances: [instance] })),
        instanceId: instance.id,
        isNew: true,
      };
}

function hostOf({ work, selectedId, rasterId }: HandContext, prompt: Prompt): Result | null {
  const selected = findInstance(work, selectedId)?.result;
  const byHand = work.results.filter(({ runRecord }) => runRecord === null).reverse();
  const candidates = [...(selected === undefined ? [] : [selected]), ...byHand];
  return (
    candidates.find((result) => result.rasterId === rasterId && result.visible && holds(result.windowPx, prompt)) ??
    null
  );
}

/** All of the prompt lies in the window. */
function holds({ x, y, width, height }: WindowPx, { bbox_2d: box, positive_points: points = [] }: Prompt): boolean {
  const corners: PointScenePx[] =
    box === undefined
      ? []
      : [
          [box[0], box[1]],
          [box[2], box[3]],
        ];
  return [...corners, ...points].every(([px, py]) => px >= x && py >= y && px <= x + width && py <= y + height);
}
