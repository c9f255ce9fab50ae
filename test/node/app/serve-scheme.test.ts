/** The current way of Electron to serve a scheme (`protocol.handle`) against that of Electron 22, which the end-to-end tests run on. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Protocol } from 'electron';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

// Outside Electron its package exports the path of a program.
vi.mock('electron', () => ({ protocol: null }));

const { serveScheme } = await import('../../../src-main/app/electron-22/serve-scheme.ts');
const { RasterGrants, rasterResponse } = await import('../../../src-main/app/raster-scheme.ts');

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Respond = Parameters<typeof serveScheme>[1];

/** As Electron 25 and later call a handler: with a Request, for a Response. */
async function askCurrent(respond: Respond, asked: Asked): Promise<Response> {
  let handler: ((request: Request) => Promise<Response>) | undefined;
  const target = { handle: (_scheme: string, given: typeof handler) => (handler = given) };
  serveScheme('test', respond, target as unknown as Protocol);
  return handler!(new Request(asked.url, { method: asked.method, headers: asked.headers }));
}

/** As Electron 22 calls a handler: with plain values and a function that takes the answer. */
async function askOld(respond: Respond, asked: Asked): Promise<Answered | { error: number }> {
  interface OldAnswer {
    statusCode: number;
    headers: Record<string, string>;
    data: Readable;
    error?: number;
  }
  let handler: ((request: Asked, answer: (answered: OldAnswer) => void) => void) | undefined;
  const target = { registerStreamProtocol: (_scheme: string, given: typeof handler) => (handler = given) };
  serveScheme('test', respond, target as unknown as Protocol);
  const { statusCode, headers, data, error } = await new Promise<OldAnswer>((answered) => handler!(asked, answered));
  return error === undefined
    ? { status: statusCode, headers, body: (await buffer(data)).toString('latin1') }
    : { error };
}

describe('a scheme', () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
  let folder: string;
  let path: string;
  let url: string;
  let respond: Respond;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-scheme-'));
    path = join(folder, 'scene.tif');
    writeFileSync(path, bytes);
    const grants = new RasterGrants();
    ({ url } = await grants.grant(path));
    respond = (request) => rasterResponse(grants, 't2s-app://window', request);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['all of a file', 'GET', {}, 200, bytes.length],
    ['a part', 'GET', { Range: 'bytes=1000-70999' }, 206, 70_000],
    ['the end', 'GET', { range: 'bytes=-5' }, 206, 5],
    ['what is not there', 'GET', { Range: 'bytes=900000-' }, 416, 0],
    ['the headers alone', 'HEAD', {}, 200, 0],
    ['leave to ask', 'OPTIONS', {}, 204, 0],
    ['to change it', 'POST', {}, 405, 0],
  ] as const)('answers the same in both when asked for %s', async (_, method, headers, status, length) => {
    const old = await askOld(respond, { url, method, headers });
    const current = await askCurrent(respond, { url, method, headers });
    expect({
      status: current.status,
      headers: Object.fromEntries(current.headers),
      body: Buffer.from(await current.arrayBuffer()).toString('latin1'),
    }).toEqual(old);
    expect([current.status, (old as Answered).body.length]).toEqual([status, length]);
  });

  it('gives nothing of a file that was not granted, in both', async () => {
    const asked = { url: 't2s-raster://made-up/scene.tif', method: 'GET', headers: {} };
    expect((await askCurrent(respond, asked)).status).toBe(403);
    expect(await askOld(respond, asked)).toMatchObject({ status: 403, body: '' });
  });

  it('gives nothing of a file that was written to, or whose original was, since it was granted', async () => {
    const grants = new RasterGrants();
    const [original, copy] = ['original.vrt', 'copy.tif'].map((name) => join(folder, name)) as [string, string];
    const write = (): void => [original, copy].forEach((one) => writeFileSync(one, 'first'));
    write();
    const granted = async (file: string, scene?: string): Promise<string> => (await grants.grant(file, scene)).url;
    const urls = [await granted(copy), await granted(copy, original), await granted(path)];
    const statuses = (): Promise<number[]> =>
      Promise.all(
        urls.map(async (one) => {
          const request = { url: one, method: 'HEAD', headers: { range: 'bytes=0-3' } };
          return (await rasterResponse(grants, 't2s-app://window', request)).status;
        }),
      );
    const changed = (): Promise<boolean[]> => Promise.all(urls.map((one) => grants.hasChanged(one)));
    expect([await statuses(), await changed()]).toEqual([
      [206, 206, 206],
      [false, false, false],
    ]);
    writeFileSync(original, 'second');
    expect([await statuses(), await changed()]).toEqual([
      [206, 409, 206],
      [false, true, false],
    ]);
    writeFileSync(copy, 'second');
    rmSync(original);
    expect(await changed()).toEqual([true, true, false]);
  });

  it('fails in both, and leaves no request open, when the answer cannot be made', async () => {
    const fails: Respond = () => Promise.reject(new Error('no answer'));
    const asked = { url, method: 'GET', headers: {} };
    await expect(askCurrent(fails, asked)).rejects.toThrow('no answer');
    // net::ERR_FAILED
    expect(await askOld(fails, asked)).toEqual({ error: -2 });
  });

  it.runIf(process.platform === 'linux')('closes the file of an answer that is given up', async () => {
    const current = await askCurrent(respond, { url, method: 'GET', headers: {} });
    const reader = current.body!.getReader();
    await reader.read();
    expect(openFiles()).toContain(path);
    await reader.cancel();
    await expect.poll(openFiles).not.toContain(path);
  });
});

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      // That of the folder itself is closed by now.
      return [];
    }
  });
}
