import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AskResult } from '../../src-main/contract/ask.ts';
import type { Project } from '../../src-main/contract/project.ts';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { electronMissing } from '../support/electron-runtime.ts';

const sample = resolve(import.meta.dirname, '../../resources/sample/harbour.tif');

/** No slash, so that it can be the name of a file too. */
const byHand = {
  promptScenePx: null,
  polygonsMap: [{ rings: [[392_010, 5_819_990, 392_020, 5_819_990, 392_020, 5_819_980]] }],
  score: null,
  areaM2: 50,
  perimeterM: 34,
};
const hostile = (mark: string): string => `<img src=x onerror="window.pwned='${mark}'">`;

describe.skipIf(electronMissing !== null)(`text that others wrote ${electronMissing ?? ''}`, () => {
  let folder: string;
  let desktop: DesktopApp;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-hostile-'));
  });
  afterAll(async () => {
    await desktop.close();
    rmSync(folder, { recursive: true });
  });

  it('is shown as text: file name, question, reasoning, names of a project', async () => {
    const raster = join(folder, `${hostile('file')}.tif`);
    cpSync(sample, raster);
    desktop = await launchDesktop({ args: [raster] });
    const { embeddedPackDirectory } = await desktop.start();
    const question = `Where is liquid fuel kept in bulk? ${hostile('question')}`;
    const asked = await desktop.call('query.ask', {
      rasterPath: raster,
      bands: null,
      mode: 'native',
      connectivity: 4,
      packDirectory: embeddedPackDirectory,
      provider: 'cpu',
      threads: null,
      question,
      target: { kind: 'scene' },
    });
    if (!asked.ok) {
      throw new Error(asked.error.message);
    }
    const path = join(folder, 'hostile.t2s');
    await desktop.answerDialogs({ save: path, open: [path], unsaved: 'drop' });
    await desktop.call('dialog.save', { title: 'Save', suggestedName: 'hostile.t2s', filters: [] });
    expect(
      await desktop.call('project.write', { path, project: projectOf(raster, question, asked.output) }),
    ).toMatchObject({ ok: true });
    await desktop.electron.evaluate(({ Menu }) => {
      Menu.getApplicationMenu()?.getMenuItemById('open-project')?.click();
    });

    // It is on the screen, letter by letter.
    const { window } = desktop;
    await window.getByText('Reasoning and provenance').first().click();
    await window.getByText(hostile('reasoning')).first().waitFor();
    await window.getByRole('button', { name: 'Attribute table' }).click();
    await window.getByRole('columnheader', { name: hostile('field') }).waitFor();
    await window.getByText(hostile('attribute')).first().waitFor();
    await window.keyboard.press('Escape');
    const shown = await window
      .locator('body')
      .evaluate((body) =>
        [
          body.textContent,
          ...[...body.querySelectorAll('input, textarea')].map((field) => (field as HTMLInputElement).value),
        ].join('\n'),
      );
    expect(shown).toContain(hostile('name'));
    await delay(1_000);
    const seen = await window.evaluate(() => ({
      pwned: 'pwned' in window,
      pictures: [...document.images].map((image) => image.getAttribute('src')).filter((source) => source === 'x'),
    }));
    expect(seen).toEqual({ pwned: false, pictures: [] });
    expect(desktop.problems.filter((problem) => problem.includes('Content Security Policy'))).toEqual([]);
  });
});

function projectOf(raster: string, question: string, { instances, windowPx, runRecord }: AskResult): Project {
  return {
    format: 'think2seg-project',
    version: 1,
    savedAt: '2026-01-01T00:00:00.000Z',
    rasters: [
      {
        id: 'raster',
        path: raster,
        visible: true,
        opacity: 1,
        rgbBands: [1, 2, 3],
        stretch: [0, 1, 2].map(() => ({ low: 0, high: 255 })),
      },
    ],
    results: [
      {
        id: 'result',
        name: hostile('name'),
        question,
        rasterId: 'raster',
        windowPx,
        visible: true,
        opacity: 1,
        color: '#d00000',
        refinement: { bufferM: 0, fillHolesM2: 0, minAreaM2: 0, simplifyPx: 0, rightAngles: false, smoothRounds: 0 },
        fields: [{ name: hostile('field'), type: 'text' }],
        // Such a question may find nothing.
        instances: [...instances, byHand].map((instance, index) => ({
          ...instance,
          attributes: [hostile('attribute')],
          id: `instance-${index}`,
          origin: 'model',
          verdict: 'open',
          isStale: false,
        })),
        runRecord: { ...runRecord, reasoning: hostile('reasoning'), rawAnswer: hostile('answer') },
      },
    ],
    activeRasterId: 'raster',
    view: null,
    questionHistory: [hostile('history')],
  };
}
