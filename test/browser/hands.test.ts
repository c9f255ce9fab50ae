/** What a mouse does on the map: points, boxes, handles, the rectangle that is asked about. The segmenter is a rectangle. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DesktopInput, DesktopOutput } from '../../src-main/contract/desktop-bridge.ts';
import { browserMissing, openBrowserWindow, type BrowserWindow } from '../support/browser-window.ts';
import { sharedDataMissing, sharedPath } from '../support/shared-data.ts';

const missing = browserMissing ?? sharedDataMissing;
/** 875 x 600 pixels of half a metre, upper left corner at 2679062.5, 1248000. */
const raster = 'data/labelled_trees_mask_zurich/1091-322_big.tif';
const [sceneWidth, sceneHeight] = [875, 600];
const paddingPx = 24;

type Segmented = DesktopInput<'query.resegment'>;

/** An outline of 20 scene pixels around the first point, or the box. */
function outlines({ promptsScenePx }: Segmented): DesktopOutput<'query.resegment'> {
  return {
    instances: promptsScenePx.map((promptScenePx) => {
      const [px, py] = promptScenePx.positive_points?.[0] ?? [0, 0];
      const [x0, y0, x1, y1] = promptScenePx.bbox_2d ?? [px - 20, py - 20, px + 20, py + 20];
      const ring = [x0, y0, x1, y0, x1, y1, x0, y1].map((value, index) =>
        index % 2 === 0 ? 2679062.5 + value / 2 : 1248000 - value / 2,
      );
      return { promptScenePx, polygonsMap: [{ rings: [ring] }], score: 0.9, areaM2: 100, perimeterM: 40 };
    }),
    provider: { lvlm: null, segmenter: 'cpu' },
    timingsMs: {},
  };
}

describe.skipIf(missing !== null)(`hands on the map ${missing ?? ''}`, () => {
  let open: BrowserWindow;
  let asked: Segmented[];

  beforeAll(async () => {
    open = await openBrowserWindow({
      openPaths: [sharedPath(raster)],
      answers: {
        'query.resegment': (input) => {
          asked.push(input);
          return outlines(input);
        },
      },
    });
    await open.page.getByRole('application').and(open.page.locator('[aria-busy="false"]')).waitFor();
  });
  beforeEach(() => {
    asked = [];
  });
  afterAll(() => open.close());

  /** Where a pixel of the scene is on the page: the scene fills the map but for its margin. */
  async function pageOf(xScenePx: number, yScenePx: number): Promise<[number, number]> {
    const { x, y, width, height } = (await open.page.getByRole('application').boundingBox())!;
    const scale = Math.min((width - 2 * paddingPx) / sceneWidth, (height - 2 * paddingPx) / sceneHeight);
    return [x + width / 2 + (xScenePx - sceneWidth / 2) * scale, y + height / 2 + (yScenePx - sceneHeight / 2) * scale];
  }

  async function drag(from: [number, number], to: [number, number]): Promise<void> {
    const { mouse } = open.page;
    await mouse.move(...(await pageOf(...from)));
    await mouse.down();
    await mouse.move(...(await pageOf((from[0] + to[0]) / 2, (from[1] + to[1]) / 2)));
    await mouse.move(...(await pageOf(...to)));
    await mouse.up();
  }

  async function tool(name: string): Promise<void> {
    await open.page.getByRole('toolbar').getByRole('button', { name, exact: true }).click();
  }

  async function lastPrompt(): Promise<Segmented['promptsScenePx'][number]> {
    await expect.poll(() => asked.length).toBeGreaterThan(0);
    // Steps of one drag are gathered: the last call is the one that counts.
    await open.page.waitForTimeout(200);
    return asked.at(-1)!.promptsScenePx[0]!;
  }

  function expectNear(actual: readonly number[] | undefined, expected: readonly number[]): void {
    expect(actual?.length).toBe(expected.length);
    // Half a pixel of the screen is less than one of the scene here.
    expected.forEach((value, index) => expect(Math.abs(actual![index]! - value)).toBeLessThan(1.5));
  }

  it('put a positive point with the left button and a negative one with the right', async () => {
    await tool('Points');
    await open.page.mouse.click(...(await pageOf(300, 200)));
    expectNear((await lastPrompt()).positive_points?.[0], [300, 200]);
    asked = [];
    await open.page.mouse.click(...(await pageOf(330, 240)), { button: 'right' });
    const prompt = await lastPrompt();
    expectNear(prompt.positive_points?.[0], [300, 200]);
    expectNear(prompt.negative_points?.[0], [330, 240]);
  });

  it('take a point away with the right button', async () => {
    await open.page.mouse.click(...(await pageOf(330, 240)), { button: 'right' });
    expect((await lastPrompt()).negative_points).toEqual([]);
  });

  it('draw a box, whichever way it is drawn', async () => {
    await open.page.keyboard.press('Escape');
    await open.page.keyboard.press('Escape');
    await tool('Box');
    await drag([600, 500], [500, 400]);
    expectNear((await lastPrompt()).bbox_2d, [500, 400, 600, 500]);
  });

  it('resize a box by a corner and move it by an edge, and undo takes a whole drag back', async () => {
    await tool('Select');
    await drag([600, 500], [650, 520]);
    expectNear((await lastPrompt()).bbox_2d, [500, 400, 650, 520]);
    asked = [];
    await drag([530, 400], [510, 430]);
    expectNear((await lastPrompt()).bbox_2d, [480, 430, 630, 550]);
    const undo = open.page.getByRole('button', { name: 'Undo' });
    await undo.click();
    expect(await undo.getAttribute('title')).toBe('Undo Change box');
    await undo.click();
    expect(await undo.getAttribute('title')).toBe('Undo Add object');
  });

  it('put a point on the edge of a box, where a drag would move it', async () => {
    await tool('Points');
    await open.page.mouse.click(...(await pageOf(600, 450)));
    const prompt = await lastPrompt();
    expectNear(prompt.bbox_2d, [500, 400, 600, 500]);
    expectNear(prompt.positive_points?.[0], [600, 450]);
    await open.page.getByRole('button', { name: 'Undo' }).click();
    asked = [];
  });

  it('give up with Esc what is being drawn', async () => {
    const undo = open.page.getByRole('button', { name: 'Undo' });
    const before = await undo.getAttribute('title');
    const { mouse, keyboard } = open.page;
    for (const name of ['Box', 'Area to ask']) {
      await tool(name);
      await mouse.move(...(await pageOf(100, 400)));
      await mouse.down();
      await mouse.move(...(await pageOf(200, 450)), { steps: 3 });
      await keyboard.press('Escape');
      await mouse.move(...(await pageOf(250, 500)), { steps: 3 });
      await mouse.up();
      expect(await open.page.getByRole('button', { name: 'Select', exact: true }).getAttribute('aria-pressed')).toBe(
        'true',
      );
    }
    expect(await undo.getAttribute('title')).toBe(before);
    expect(await open.page.getByRole('radio', { name: 'View' }).isChecked()).toBe(true);
    expect(asked).toEqual([]);
  });

  it('draw the rectangle that is asked about', async () => {
    await tool('Area to ask');
    await drag([100, 100], [300, 250]);
    expect(await open.page.getByRole('button', { name: 'Select', exact: true }).getAttribute('aria-pressed')).toBe(
      'true',
    );
    expect(asked).toEqual([]);
  });

  it('move the map with the middle button in any tool, without drawing', async () => {
    const before = await open.page.getByRole('button', { name: 'Undo' }).getAttribute('title');
    await tool('Box');
    const status = open.page.getByRole('contentinfo', { name: 'Status' });
    await open.page.mouse.move(...(await pageOf(400, 300)));
    const placeBefore = await status.textContent();
    await open.page.mouse.down({ button: 'middle' });
    await open.page.mouse.move(...(await pageOf(450, 300)), { steps: 4 });
    await open.page.mouse.up({ button: 'middle' });
    await open.page.mouse.move(...(await pageOf(400, 300)));
    await expect.poll(() => status.textContent()).not.toBe(placeBefore);
    expect(await open.page.getByRole('button', { name: 'Undo' }).getAttribute('title')).toBe(before);
    expect(asked).toEqual([]);
  });

  it('leave no complaint', () => {
    expect(open.problems).toEqual([]);
  });
});
