import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { Think2SegError } from '../../contract/errors.ts';
import { providerNames, type ProviderChoice, type ProviderName, type ProviderReport } from '../../contract/provider.ts';
import { whyNoGraphicsCard } from './graphics-card.ts';
import { forkProbe, probeInChild, type StartProbeChild } from './probe-child.ts';
import { bindingDirectory, loadRuntime } from './runtime.ts';
import { whyCpuSuits } from './small-models.ts';
import { defaultThreads } from './threads.ts';

export interface ProbeOptions {
  /** The `resources` folder; the probe models lie in its `probe` folder. */
  readonly resourcesDirectory: string;
  /** The built script that calls `serveProbe()`. */
  readonly probeEntryPath: string;
  readonly signal: AbortSignal;
  readonly threads?: number;
  /** How long one provider may take; default 180 s, 30 s for `auto`. */
  readonly timeoutMs?: number;
  /** Environment of the probe processes; default: this process's own. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Starts a probe process; default: a fork of this Node. */
  readonly startChild?: StartProbeChild;
  /** Where Linux shows graphics cards; default `/dev`. */
  readonly deviceDirectory?: string;
  /** Size of all models that will run together; without it `auto` takes them for large. */
  readonly modelBytes?: number;
}

/** What `auto` or an explicit choice came to. */
export interface ProviderSelection {
  readonly choice: ProviderChoice;
  /** The provider to use. */
  readonly provider: ProviderName;
  /** Usable providers, best first; the CPU is the last of them unless the choice forbids it. */
  readonly usable: readonly ProviderReport[];
  readonly reports: readonly ProviderReport[];
  /** Why nothing better runs; absent when the best provider of the platform does. */
  readonly note?: string;
}

/**
 * Examines every provider, each with real models in a process of its own, and compares with the CPU's numbers; the CPU is
 * compared with stored ones. A provider that crashes, hangs or computes wrong is reported as not working, with the reason.
 * Takes seconds, with a software graphics driver tens of seconds.
 *
 * @returns one report per provider, in the order `auto` tries them
 */
export async function probeProviders(options: ProbeOptions): Promise<ProviderReport[]> {
  const reports: ProviderReport[] = [];
  for (const provider of providerNames) {
    reports.push(await examine(provider, options, false));
  }
  return reports;
}

/**
 * Decides which provider computes. `cpu` is taken without a probe. `auto` takes the first provider in the order CUDA, DirectML,
 * WebGPU that works and is faster than the CPU, else the CPU, and says why in `note`; it leaves small models on the CPU, and starts no
 * WebGPU where Linux shows no graphics card. Any other choice is taken when it works, however slow.
 *
 * @throws {Think2SegError} PROVIDER_UNAVAILABLE when the provider that was asked for does not work here.
 */
export async function chooseProvider(choice: ProviderChoice, options: ProbeOptions): Promise<ProviderSelection> {
  const cpu: ProviderReport = { provider: 'cpu', works: true, supportsFp16: true };
  if (choice === 'cpu') {
    return { choice, provider: 'cpu', usable: [cpu], reports: [cpu] };
  }
  if (choice !== 'auto') {
    const report = await examine(choice, options, false);
    if (!report.works) {
      throw new Think2SegError(
        'PROVIDER_UNAVAILABLE',
        `provider ${choice} does not work here: ${report.reason ?? 'no reason known'}; use --provider auto, and see \`think2seg doctor\``,
      );
    }
    const note = report.reason === undefined ? {} : { note: `${choice}: ${report.reason}` };
    return { choice, provider: choice, usable: [report], reports: [report], ...note };
  }

  if (whyCpuSuits(options.modelBytes ?? Infinity) !== null) {
    return chooseAmong([cpu], options.modelBytes);
  }
  const reports: ProviderReport[] = [];
  for (const provider of providerNames.filter((name) => name !== 'cpu')) {
    const hopeless = whyHopeless(provider, options);
    const report: ProviderReport =
      hopeless === null ? await examine(provider, options, true) : { provider, works: false, reason: hopeless };
    reports.push(report);
    if (isBetterThanCpu(report)) {
      break;
    }
  }
  return chooseAmong([...reports, cpu]);
}

/** What `auto` comes to for models of `modelBytes` where providers have been examined already, in the order it tries them; the CPU is the last. */
export function chooseAmong(reports: readonly ProviderReport[], modelBytes = Infinity): ProviderSelection {
  const cpu = reports.filter(({ provider }) => provider === 'cpu');
  const cpuSuits = whyCpuSuits(modelBytes);
  if (cpuSuits !== null) {
    return { choice: 'auto', provider: 'cpu', usable: cpu, reports, note: `runs on cpu: ${cpuSuits}` };
  }
  const better = reports.find((report) => report.provider !== 'cpu' && isBetterThanCpu(report));
  if (better === undefined) {
    return selection('cpu', cpu, reports, reports.slice(0, reports.length - cpu.length));
  }
  return selection(better.provider, [better, ...cpu], reports, reports.slice(0, reports.indexOf(better)));
}

function isBetterThanCpu({ works, speed }: ProviderReport): boolean {
  return works && (speed === undefined || speed.providerMs < speed.cpuMs);
}

function selection(
  provider: ProviderName,
  usable: readonly ProviderReport[],
  reports: readonly ProviderReport[],
  refused: readonly ProviderReport[],
): ProviderSelection {
  const reasons = refused.map((report) => `${report.provider}: ${report.reason ?? 'does not work'}`);
  return {
    choice: 'auto',
    provider,
    usable,
    reports,
    ...(reasons.length === 0 ? {} : { note: `runs on ${provider}; ${reasons.join('; ')}` }),
  };
}

/** Reports of this process's lifetime: drivers do not change under a running program. */
const reportsByKey = new Map<string, ProviderReport>();

/** What decides which driver answers, besides the provider's name. */
const driverVariables = [
  'VK_ICD_FILENAMES',
  'VK_DRIVER_FILES',
  'VK_ADD_DRIVER_FILES',
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
  'DISPLAY',
];

async function examine(provider: ProviderName, options: ProbeOptions, stopIfSlow: boolean): Promise<ProviderReport> {
  const absent = await whyAbsent(provider);
  if (absent !== null) {
    return { provider, works: false, reason: absent };
  }
  const environment = options.environment ?? process.env;
  const threads = options.threads ?? defaultThreads();
  const key = JSON.stringify([
    ...[provider, stopIfSlow, threads, options.resourcesDirectory, options.probeEntryPath],
    ...driverVariables.map((name) => environment[name] ?? null),
  ]);
  const known = reportsByKey.get(key);
  if (known !== undefined) {
    return known;
  }
  const probeDirectory = join(options.resourcesDirectory, 'probe');
  for (const path of [options.probeEntryPath, join(probeDirectory, 'probe.onnx')]) {
    if (!existsSync(path)) {
      throw new Think2SegError('INTERNAL', `${path} is missing, it belongs to the program; install the program again`);
    }
  }
  const report = await probeInChild(
    { provider, probeDirectory, threads, stopIfSlow },
    {
      startChild: options.startChild ?? forkProbe(options.probeEntryPath, environment),
      timeoutMs: options.timeoutMs ?? (stopIfSlow ? 30_000 : 180_000),
      signal: options.signal,
    },
  );
  reportsByKey.set(key, report);
  return report;
}

/** Why `auto` need not even start a driver; null when only a probe can tell. */
function whyHopeless(provider: ProviderName, { deviceDirectory = '/dev' }: ProbeOptions): string | null {
  return provider === 'webgpu' && process.platform === 'linux' ? whyNoGraphicsCard(deviceDirectory) : null;
}

/** What can be known without touching a driver; null when only a probe can tell. */
async function whyAbsent(provider: ProviderName): Promise<string | null> {
  if (provider === 'cpu') {
    return null;
  }
  if (provider === 'dml' && process.platform !== 'win32') {
    return 'DirectML exists only on Windows';
  }
  if (provider === 'cuda' && process.platform === 'darwin') {
    return 'CUDA does not exist on macOS';
  }
  const runtime = await loadRuntime();
  const backend = runtime.listSupportedBackends().find(({ name }) => name === provider);
  if (backend === undefined) {
    return `ONNX Runtime for ${process.platform}-${process.arch} was built without it`;
  }
  if (provider === 'cuda' && !backend.bundled) {
    const files = ['cuda', 'shared'].map((part) =>
      process.platform === 'win32' ? `onnxruntime_providers_${part}.dll` : `libonnxruntime_providers_${part}.so`,
    );
    const missing = files.map((file) => join(bindingDirectory(), file)).find((path) => !existsSync(path));
    return missing === undefined ? null : `${missing} is not installed`;
  }
  return null;
}
