/** Opening, saving and leaving projects, with the questions that a person must be asked. */
import type { Desk } from './desk.ts';
import { panelStrings } from './panels/panel-strings.ts';
import { isAtWork } from './state/batch-work.ts';

const words = panelStrings.project;
const filters = [{ name: words.fileType, extensions: ['t2s'] }];

export const projectExtension = '.t2s';

/** @returns false when the work is neither saved nor given up. */
async function mayLeaveWork(desk: Desk): Promise<boolean> {
  if (!desk.project.state.get().isDirty) {
    return true;
  }
  const answer = await desk.workspace.call('dialog.unsaved', words.unsaved);
  if (answer === 'save') {
    return saveProject(desk, 'same');
  }
  return answer === 'drop';
}

export async function openProject(desk: Desk, path?: string): Promise<void> {
  if (!(await mayLeaveWork(desk))) {
    return;
  }
  const { call } = desk.workspace;
  const chosen = path ?? (await call('dialog.openFiles', { title: words.open, filters, several: false }))[0];
  if (chosen !== undefined) {
    const project = await call('project.read', { path: chosen });
    await desk.project.discardCopy();
    await desk.openWork(project, chosen, false);
  }
}

/** @returns whether the work is in a file now. */
export async function saveProject(desk: Desk, where: 'same' | 'other'): Promise<boolean> {
  const { call } = desk.workspace;
  const known = where === 'same' ? desk.project.state.get().path : null;
  const path = known ?? (await call('dialog.save', { title: words.save, suggestedName: words.suggestedName, filters }));
  if (path === null) {
    return false;
  }
  await desk.project.save(path);
  return true;
}

/** What would be lost with the window although it is no work on the project; null when nothing is under way. */
function underWay({ asking, batch, exporting, importing }: Desk): keyof typeof words.underWay | null {
  if (exporting.get()) {
    return 'export';
  }
  if (importing.get()) {
    return 'import';
  }
  if (asking.state.get().kind === 'running') {
    return 'question';
  }
  return isAtWork(batch.view.get()) ? 'batch' : null;
}

/** @returns false when the user would rather wait. */
async function mayStopWork(desk: Desk): Promise<boolean> {
  const what = underWay(desk);
  return what === null || desk.workspace.call('dialog.running', { ...words.running, ...words.underWay[what] });
}

/** The user closes the window. */
export async function leaveWindow(desk: Desk): Promise<void> {
  if ((await mayStopWork(desk)) && (await mayLeaveWork(desk))) {
    await desk.project.discardCopy();
    await desk.workspace.call('window.close', {});
  }
}
