import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { electronMissing, electronPath } from '../support/electron-runtime.ts';
import { openSockets } from '../support/open-sockets.ts';
import { allEnded, processTree } from '../support/process-tree.ts';
import { openVirtualDisplay } from '../support/virtual-display.ts';

/** Not in Electron's types, but what the window was really made with. */
interface WithPreferences {
  getLastWebPreferences(): Record<string, unknown>;
}

const preloadPath = resolve(import.meta.dirname, '../../out/preload/preload.cjs');
const sample = resolve(import.meta.dirname, '../../resources/sample/harbour.tif');

describe.skipIf(electronMissing !== null)(`the security floor ${electronMissing ?? ''}`, () => {
  let desktop: DesktopApp;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-security-'));
    desktop = await launchDesktop();
  });
  afterAll(async () => {
    await desktop.close();
    rmSync(folder, { recursive: true });
  });

  it('gives the page a sandbox of its own, no Node and no way around the web rules', async () => {
    const preferences = await desktop.electron.evaluate(({ webContents }) =>
      webContents
        .getAllWebContents()
        .map((contents) => (contents as unknown as WithPreferences).getLastWebPreferences()),
    );
    expect(preferences).toHaveLength(1);
    expect(preferences[0]).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      webSecurity: true,
    });
    expect(preferences[0]?.['nodeIntegrationInWorker'] ?? false).toBe(false);
    expect(preferences[0]?.['allowRunningInsecureContent'] ?? false).toBe(false);
  });

  it('runs no inline script, no eval and no inline style', async () => {
    const seen = await desktop.window.evaluate(async () => {
      const policy = (await fetch(location.href)).headers.get('content-security-policy') ?? '';
      const violations: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
      const script = document.createElement('script');
      script.textContent = 'window.pwned = "script"';
      document.body.append(script);
      const holder = document.createElement('div');
      holder.innerHTML = '<img src="none:" onerror="window.pwned = `handler`"><p style="color: red">styled</p>';
      document.body.append(holder);
      let evaluated = 'refused';
      try {
        evaluated = String((0, eval)('1 + 1'));
      } catch {
        // what is expected
      }
      // Each of the four is told when it is refused; had one been obeyed, the wait is long enough to see it.
      for (let waitedMs = 0; waitedMs < 300 || (new Set(violations).size < 4 && waitedMs < 10_000); waitedMs += 50) {
        await new Promise((done) => setTimeout(done, 50));
      }
      script.remove();
      holder.remove();
      return { policy, violations: [...new Set(violations)].sort(), evaluated, pwned: 'pwned' in window };
    });
    expect(seen.policy).not.toMatch(/unsafe-inline|unsafe-eval|\*|https?:/u);
    expect(seen).toMatchObject({ evaluated: 'refused', pwned: false });
    expect(seen.violations).toEqual(
      expect.arrayContaining(['script-src', 'script-src-attr', 'script-src-elem', 'style-src-attr']),
    );
  });

  it('stays where it is and opens no window', async () => {
    const url = desktop.window.url();
    const opened = await desktop.window.evaluate(async () => {
      const child = window.open('https://example.org/');
      const link = document.createElement('a');
      link.href = 'https://example.org/';
      link.click();
      link.target = '_blank';
      link.click();
      location.assign('file:///etc/passwd');
      await new Promise((done) => setTimeout(done, 500));
      return child;
    });
    expect(opened).toBeNull();
    expect(desktop.window.url()).toBe(url);
    expect(await desktop.electron.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(1);
  });

  it('refuses every permission', async () => {
    const answers = await desktop.window.evaluate(async () => {
      const outcome = (asked: Promise<unknown>): Promise<string> =>
        asked.then(
          () => 'granted',
          (error: unknown) => (error as Error).name,
        );
      const names = ['geolocation', 'notifications', 'camera', 'microphone', 'midi', 'clipboard-read'];
      return {
        states: await Promise.all(
          names.map(async (name) => (await navigator.permissions.query({ name: name as PermissionName })).state),
        ),
        camera: await outcome(navigator.mediaDevices.getUserMedia({ video: true })),
        screen: await outcome(navigator.mediaDevices.getDisplayMedia()),
        clipboard: await outcome(navigator.clipboard.readText()),
        place: await outcome(
          new Promise((done, fail) => navigator.geolocation.getCurrentPosition(done, () => fail(new Error('denied')))),
        ),
      };
    });
    expect(answers.states.every((state) => state === 'denied')).toBe(true);
    expect(Object.values(answers).flat()).not.toContain('granted');
  });

  it('loads nothing from elsewhere, not even when the page is told to', async () => {
    const refused = await desktop.window.evaluate(async () => {
      const addresses = [
        'https://example.org/',
        'http://127.0.0.1:9/',
        'file:///etc/passwd',
        't2s-app://other/index.html',
        '/..%2f..%2fpackage.json',
        '/%2e%2e/%2e%2e/package.json',
        '/..%5c..%5cpackage.json',
        '/%00',
        '/%',
        '/index.html%00.js',
      ];
      return Promise.all(
        addresses.map(async (address) =>
          fetch(address).then(
            (response) => `${address}: ${response.status}`,
            () => 'refused',
          ),
        ),
      );
    });
    expect(refused.filter((answer) => answer !== 'refused' && !answer.endsWith(': 404'))).toEqual([]);
  });

  it('refuses what the page policy would let pass: the session has no network', async () => {
    const outcome = await desktop.electron.evaluate(
      ({ net }) =>
        new Promise<string>((done) => {
          const request = net.request('http://127.0.0.1:9/');
          request.on('response', () => done('answered'));
          request.on('error', (error) => done(error.message));
          request.end();
        }),
    );
    expect(outcome).toContain('ERR_BLOCKED_BY_CLIENT');
  });

  it('answers only the page of its own window', async () => {
    const reply = await desktop.electron.evaluate(async ({ BrowserWindow }, preload) => {
      const stranger = new BrowserWindow({ show: false, webPreferences: { sandbox: true, preload } });
      await stranger.loadURL('t2s-app://window/index.html');
      const answer: unknown = await stranger.webContents.executeJavaScript('think2seg.call("app.start", {}, 1)');
      stranger.destroy();
      return answer;
    }, preloadPath);
    expect(reply).toMatchObject({ ok: false, error: { message: expect.stringContaining('refused') as string } });
  });

  it('reads and writes only what the user chose', async () => {
    const secret = join(folder, 'secret.tif');
    cpSync(sample, secret);
    const { embeddedPackDirectory } = await desktop.start();
    const refused = [
      await desktop.call('raster.grant', { path: secret }),
      await desktop.call('scene.info', { path: secret, stats: false }),
      await desktop.call('project.read', { path: secret }),
      await desktop.call('project.read', { path: join(embeddedPackDirectory, '..', '..', 'package.json') }),
      await desktop.call('report.write', { path: join(folder, 'report.html'), html: '', overwrite: true }),
      await desktop.call('settings.change', { packDirectory: folder }),
    ];
    expect(refused.map((reply) => (reply.ok ? 'answered' : reply.error.code))).toEqual([
      'INPUT_NOT_READABLE',
      'INPUT_NOT_READABLE',
      'INPUT_NOT_READABLE',
      'INPUT_NOT_READABLE',
      'OUTPUT_NOT_WRITABLE',
      'INPUT_NOT_READABLE',
    ]);
    await desktop.answerDialogs({ open: [secret] });
    await desktop.call('dialog.openFiles', { title: 'Open', filters: [], several: false });
    expect(await desktop.call('scene.info', { path: secret, stats: false })).toMatchObject({ ok: true });
  });

  it('serves granted rasters by ranges, and nothing else', async () => {
    const path = join(folder, 'numbers.tif');
    const content = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251);
    writeFileSync(path, content);
    await desktop.answerDialogs({ open: [path] });
    await desktop.call('dialog.openFiles', { title: 'Open', filters: [], several: false });
    const granted = await desktop.call('raster.grant', { path });
    if (!granted.ok) {
      throw new Error(granted.error.message);
    }
    const { url, bytes } = granted.output;
    expect(bytes).toBe(content.length);
    const get = (address: string, range?: string, method = 'GET') =>
      desktop.window.evaluate(
        async ([where, wanted, how]) => {
          const response = await fetch(where, { method: how, headers: wanted === '' ? {} : { range: wanted } });
          return {
            status: response.status,
            range: response.headers.get('content-range'),
            length: response.headers.get('content-length'),
            body: [...new Uint8Array(await response.arrayBuffer())],
          };
        },
        [address, range ?? '', method] as const,
      );
    expect(await get(url, 'bytes=1000-1009')).toEqual({
      status: 206,
      range: 'bytes 1000-1009/300000',
      length: '10',
      body: [...content.subarray(1000, 1010)],
    });
    expect(await get(url, 'bytes=-4')).toMatchObject({ status: 206, body: [...content.subarray(-4)] });
    expect(await get(url)).toMatchObject({ status: 200, body: [...content] });
    expect(await get(url, undefined, 'HEAD')).toMatchObject({ status: 200, length: '300000', body: [] });
    expect(await get(url, 'bytes=300000-')).toMatchObject({ status: 416, range: 'bytes */300000', body: [] });
    expect(await get(url, undefined, 'POST')).toMatchObject({ status: 405 });

    // The name behind the key is decoration: no path leads to another file.
    const traversal = new URL('/..%2f..%2f..%2fetc%2fpasswd', url).href;
    expect(await get(traversal, 'bytes=0-3')).toMatchObject({ body: [...content.subarray(0, 4)] });
    expect(await get('t2s-raster://etc/passwd')).toMatchObject({ status: 403, body: [] });

    const many = await Promise.all(
      Array.from({ length: 40 }, (_, index) => get(url, `bytes=${index * 7000}-${index * 7000 + 6999}`)),
    );
    expect(many.flatMap(({ body }) => body)).toEqual([...content.subarray(0, 280_000)]);

    await desktop.call('raster.revoke', { url });
    expect(await get(url, 'bytes=0-3')).toMatchObject({ status: 403 });
  });
});

describe.skipIf(electronMissing !== null || process.platform !== 'linux')(
  `the network ${electronMissing ?? ''}`,
  () => {
    it('is not touched: the program holds no internet socket, from its start on', async () => {
      const display = await openVirtualDisplay({ width: 1400, height: 900 });
      const userDirectory = mkdtempSync(join(tmpdir(), 'think2seg-user-'));
      const root = resolve(import.meta.dirname, '../..');
      const program = spawn(
        electronPath ?? '',
        [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), `--user-data-dir=${userDirectory}`, root, sample],
        { env: { ...process.env, DISPLAY: display.name }, stdio: 'ignore' },
      );
      try {
        const held = new Set<string>();
        let processes = 0;
        const deadline = Date.now() + 10_000;
        while (Date.now() < deadline) {
          await delay(40);
          const pids = processTree(program.pid ?? 0);
          processes = Math.max(processes, pids.length);
          openSockets(pids).forEach((socket) => held.add(JSON.stringify(socket)));
        }
        // Window, graphics, engine and Chromium's own helpers were up: it was the whole program that was watched.
        expect(processes).toBeGreaterThan(5);
        expect([...held]).toEqual([]);
      } finally {
        const all = processTree(program.pid ?? 0);
        program.kill('SIGKILL');
        await allEnded(all);
        display.close();
        rmSync(userDirectory, { recursive: true, force: true, maxRetries: 5 });
      }
    });

    it('would be seen by this test: a process that listens is reported', async () => {
      const server = createServer();
      await once(server.listen(0, '127.0.0.1'), 'listening');
      expect(openSockets([process.pid]).map(({ table }) => table)).toContain('tcp');
      server.close();
    });
  },
);
