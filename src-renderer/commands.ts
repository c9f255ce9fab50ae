/** What menu entries and keys do: one command is one piece of work, whoever asks for it. */
import type { MenuCommand } from '../src-main/contract/desktop-bridge.ts';
import type { Desk, DialogName } from './desk.ts';
import { chooseFiles } from './open-files.ts';
import { panelStrings } from './panels/panel-strings.ts';
import { openProject, saveProject } from './project-actions.ts';
import type { Verdict } from './state/document.ts';
import { removeInstances, setVerdict } from './state/document-edits.ts';
import { inSight, neighbourOf } from './state/selection.ts';
import type { ActionId } from './state/shortcuts.ts';

export type Command = MenuCommand | ActionId;

const steps = panelStrings.history;

export function run(desk: Desk, command: Command): void {
  const { workspace, dialog, mapControl } = desk;
  if (dialog.get() === 'recovery') {
    // What the menu opened would lie under, or take the place of, a question that must be answered first.
    return;
  }
  const { history, tool } = workspace;
  const map = mapControl.get();
  switch (command) {
    case 'open':
      return desk.attempt(() => chooseFiles(desk));
    case 'open-project':
      return desk.attempt(() => openProject(desk));
    case 'save-project':
      return desk.attempt(() => saveProject(desk, 'same'));
    case 'save-project-as':
      return desk.attempt(() => saveProject(desk, 'other'));
    case 'undo':
      return history.undo();
    case 'redo':
      return history.redo();
    case 'zoom-in':
      return map?.zoomIn();
    case 'zoom-out':
      return map?.zoomOut();
    case 'zoom-native':
      return map?.zoomNative();
    case 'zoom-scene':
      return map?.zoomScene();
    case 'export':
    case 'report':
    case 'batch':
    case 'packs':
    case 'settings':
    case 'self-test':
    case 'shortcuts':
    case 'tour':
    case 'about':
      return openDialog(desk, command);
    case 'focus-question':
      return document.getElementById('question')?.focus();
    case 'accept':
      return judge(desk, 'accepted');
    case 'reject':
      return judge(desk, 'rejected');
    case 'delete':
      return deleteInSight(desk);
    case 'cancel':
      return leave(desk);
    case 'next-instance':
    case 'previous-instance':
      selectNeighbour(desk, command === 'next-instance' ? 1 : -1);
      return;
    case 'tool-select':
      return tool.set('select');
    case 'tool-point':
      return tool.set('point');
    case 'tool-box':
      return tool.set('box');
    case 'tool-target':
      return tool.set('target');
    case 'toggle-compare':
      return workspace.compareAt.update((at) => (at === null ? 0.5 : null));
  }
}

/** What a dialog is at work on would be stopped with it: it keeps its place then, as it does before the keys of the window. */
function openDialog({ dialog, exporting, importing }: Desk, name: DialogName): void {
  if (!exporting.get() && !importing.get()) {
    dialog.set(name);
  }
}

/** @returns false when there is no other object that way: the key then moves the focus. */
export function selectNeighbour({ workspace }: Desk, by: 1 | -1): boolean {
  const next = neighbourOf(workspace.selectedInstanceIds.get(), workspace.history.value.get(), by);
  workspace.selectedInstanceIds.set(next === null ? [] : [next]);
  if (next !== null) {
    // Whoever steps through objects by keys has no other way to bring them into sight.
    workspace.map.get()?.reveal(next);
  }
  return next !== null;
}

/** What is hidden would go without anybody seeing it. */
function deleteInSight({ workspace }: Desk): void {
  const { history, selectedInstanceIds } = workspace;
  history.apply(steps.deleteObject, removeInstances(inSight(selectedInstanceIds.get(), history.value.get())));
}

function judge({ workspace }: Desk, verdict: Verdict): void {
  workspace.history.apply(steps.verdict, setVerdict(workspace.selectedInstanceIds.get(), verdict));
}

/** Esc takes back the nearest thing: the question under way, else the tool, else the selection. */
function leave({ asking, workspace }: Desk): void {
  if (asking.state.get().kind === 'running') {
    asking.cancel();
  } else if (workspace.tool.get() !== 'select') {
    workspace.tool.set('select');
  } else {
    workspace.selectedInstanceIds.set([]);
  }
}
