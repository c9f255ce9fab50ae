/** What a log says of a batch: one line for whatever happens. */
import { describe, expect, it } from 'vitest';
import { BatchPrinter } from '../../../src-main/cli/batch-printer.ts';
import type { BatchEvent } from '../../../src-main/contract/batch.ts';

function printed(...events: BatchEvent[]): string[] {
  let text = '';
  const printer = new BatchPrinter({
    isTTY: false,
    write: (part: string) => (text += part),
  } as unknown as NodeJS.WriteStream);
  events.forEach((event) => printer.show(event));
  return text.split('\n').slice(0, -1);
}

const asked = { key: 'k', path: '/in/a.tif', question: 'every pool' };
const counts = { finished: 1, failed: 0, total: 2 };
const done = (path: string, features: number): BatchEvent => ({
  kind: 'item-finished',
  line: {
    ...asked,
    path,
    kind: 'item',
    state: 'done',
    id: 'i',
    target: { kind: 'scene' },
    finishedAt: '',
    wallMs: 1500,
    raster: { path, bytes: 1, mtimeMs: 1, sha256: '' },
    status: 'ok',
    reasoning: null,
    features,
    areaM2: null,
    crs: null,
    outputs: [],
    timingsMs: {},
    warnings: [],
  },
  ...counts,
});

describe('the log of a batch', () => {
  it('counts polygons as people do', () => {
    const [one = '', two = ''] = printed(done('/in/a.tif', 1), done('/in/b.tif', 2));
    expect(one).toMatch(/^1\/2 {2}a\.tif {2}every pool: 1 polygon, 1\.5 s; /);
    expect(two).toContain('2 polygons,');
  });

  it('keeps to its lines whatever a file is called', () => {
    const lines = printed(done('/in/new\nline\u001b[31m.tif', 1));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('new line [31m.tif');
  });

  it('is one line on a terminal, from the moment that work begins', () => {
    let text = '';
    const terminal = { isTTY: true, columns: 100, write: (part: string) => (text += part) };
    const printer = new BatchPrinter(terminal as unknown as NodeJS.WriteStream);
    printer.show({ kind: 'item-started', ...asked });
    printer.show(done('/in/a.tif', 1));
    printer.show({ kind: 'item-started', ...asked });
    printer.end();
    const [nothing, begun, share, end] = text.split('\r\u001b[2K');
    expect([nothing, begun, end]).toEqual(['', 'at work on a.tif  every pool', '']);
    expect(share).toMatch(/^ 50 % 1\/2 .* left {2}a\.tif {2}every pool$/);
  });

  it('says again why work failed that is not tried again, and nothing of work that is done', () => {
    const known = { kind: 'item-known', ...asked, features: null, ...counts } as const;
    expect(
      printed(
        { ...known, state: 'done', code: null, message: null },
        { ...known, state: 'failed', code: 'INPUT_CORRUPT', message: 'cut off' },
      ),
    ).toEqual(['failed before /in/a.tif: INPUT_CORRUPT: cut off']);
  });
});
