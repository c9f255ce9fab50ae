import { afterEach, describe, expect, it } from 'vitest';
import type { DoctorReport } from '../../src-main/contract/doctor.ts';
import { browserMissing, openBrowserWindow, type BrowserWindow } from '../support/browser-window.ts';

const note = 'runs on cpu: models of 20 MB answer on it before a graphics card is ready; auto asks one above 64 MB';
const report: DoctorReport = {
  schema: 1,
  application: { name: 'think2seg', version: '0.0.0' },
  platform: { os: 'linux', architecture: 'x64', node: '20.20.2', onnxruntime: '1.30.0' },
  memory: { availableBytes: 8e9, totalBytes: 16e9 },
  threads: 8,
  providers: [
    { provider: 'cuda', works: true, supportsFp16: true, speed: { providerMs: 25, cpuMs: 34 } },
    { provider: 'dml', works: false, reason: 'DirectML exists only on Windows' },
    { provider: 'webgpu', works: false, reason: 'no graphics driver here that WebGPU can use' },
    { provider: 'cpu', works: true, supportsFp16: true },
  ],
  chosen: { provider: 'cpu', note },
  pack: { directory: '/pack', state: 'ok', id: 'nano', bytes: 20e6 },
};

describe.skipIf(browserMissing !== null)(`the self-test ${browserMissing ?? ''}`, () => {
  let open: BrowserWindow | undefined;
  afterEach(() => open?.close());

  async function openSelfTest(answer: DoctorReport): Promise<BrowserWindow> {
    open = await openBrowserWindow({ answers: { doctor: () => answer } });
    await open.page.getByRole('button', { name: /^Computes on/u }).click();
    await open.page.getByRole('list', { name: 'Providers' }).waitFor();
    return open;
  }

  it('says why a working graphics card is left alone', async () => {
    const { page } = await openSelfTest(report);
    const cpu = page.getByRole('listitem').filter({ hasText: 'Automatic takes CPU' });
    expect(await cpu.textContent()).toContain(note);
  });

  it('says nothing twice where the card is taken', async () => {
    const { page } = await openSelfTest({ ...report, chosen: { provider: 'cuda', note: 'what the others say' } });
    expect(await page.getByText('Automatic takes NVIDIA CUDA').count()).toBe(1);
    expect(await page.getByText('what the others say').count()).toBe(0);
  });
});
