/** What hands do on the map, as edits of the work. */
import type { Desk } from './desk.ts';
import type { MapGestures } from './map/map-contents.ts';
import { panelStrings } from './panels/panel-strings.ts';
import { findInstance } from './state/document.ts';
import { setPrompt } from './state/document-edits.ts';
import { editOfBox, editOfClick, type HandContext, type HandEdit } from './state/hand-work.ts';
import { removePoint } from './state/prompt-edits.ts';

const steps = panelStrings.history;

export function handGestures(desk: Desk): MapGestures {
  const { history, selectedInstanceIds, hoveredInstanceId, target, tool } = desk.workspace;

  function apply(edit: HandEdit | null, label: string): void {
    if (edit !== null) {
      history.apply(edit.isNew ? steps.addObject : label, edit.edit);
      selectedInstanceIds.set([edit.instanceId]);
    }
  }

  return {
    select: (instanceId, { extend }) =>
      selectedInstanceIds.update((selected) => {
        if (instanceId === null) {
          return extend ? selected : [];
        }
        return extend && selected.includes(instanceId)
          ? selected.filter((id) => id !== instanceId)
          : [...(extend ? selected : []), instanceId];
      }),
    hover: (instanceId) => hoveredInstanceId.set(instanceId),
    placePoint: (kind, pointScenePx) => {
      const context = contextOf(desk);
      apply(context === null ? null : editOfClick(context, kind, pointScenePx), steps.addPoint);
    },
    drawBox: (boxScenePx) => {
      const context = contextOf(desk);
      apply(context === null ? null : editOfBox(context, boxScenePx), steps.moveBox);
    },
    drawTarget: (windowPx) => {
      target.set({ kind: 'drawn', windowPx });
      tool.set('select');
    },
    editPrompt: (instanceId, prompt, dragKey) => history.apply(steps.moveBox, setPrompt(instanceId, prompt), dragKey),
    removePoint: (instanceId, kind, index) => {
      const prompt = findInstance(history.value.get(), instanceId)?.instance.promptScenePx ?? null;
      const left = prompt === null ? null : removePoint(prompt, kind, index);
      if (left !== null) {
        history.apply(steps.removePoint, setPrompt(instanceId, left));
      }
    },
  };
}

/** Null while no raster is open to work on. */
function contextOf(desk: Desk): HandContext | null {
  const { history, selectedInstanceIds, map } = desk.workspace;
  const active = desk.activeRaster();
  if (active === null) {
    return null;
  }
  const { width, height } = active.scene.display.info;
  const viewPx = map.get()?.viewWindowPx ?? null;
  const byHand = panelStrings.results.byHand;
  return {
    work: history.value.get(),
    selectedId: selectedInstanceIds.get().at(-1) ?? null,
    rasterId: active.raster.id,
    windowsPx: [...(viewPx === null ? [] : [viewPx]), { x: 0, y: 0, width, height }],
    newId: () => crypto.randomUUID(),
    newResult: (content) =>
      desk.newResult(active.raster.id, { name: byHand, question: '', runRecord: null, ...content }),
  };
}
