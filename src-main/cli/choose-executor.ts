/** Where the queries of a batch run: in engines of this machine, or on a Ray cluster. */
import { join } from 'node:path';
import { Think2SegError } from '../contract/errors.ts';
import type { ModelOptions } from '../contract/model-options.ts';
import type { Executor } from '../core/batch/run-batch.ts';
import { EnginePool } from './engine-pool.ts';
import { installation } from './installation.ts';
import { ownCommand } from './own-command.ts';
import { readCount } from './query-options.ts';
import { RayPool } from './ray-pool.ts';
import { readChoice, readNonNegative } from './read-options.ts';

export const rayOptions = {
  engine: { type: 'string', default: 'local' },
  address: { type: 'string' },
  python: { type: 'string' },
  'serve-command': { type: 'string' },
  'task-cpus': { type: 'string' },
  'task-gpus': { type: 'string' },
} as const;

export type ClosableExecutor = Executor & { close(): Promise<void> };

type ChooseExecutor = (models: ModelOptions, packSha256: string) => Promise<ClosableExecutor>;

type ExecutorValues = { readonly workers?: string | undefined } & {
  readonly [Name in keyof typeof rayOptions]?: string | undefined;
};

/** @throws USAGE for options of the other engine, before anything is started. */
export function readExecutor(values: ExecutorValues): ChooseExecutor {
  const workers = readCount('workers', values.workers);
  if (readChoice('engine', values.engine ?? 'local', ['local', 'ray']) === 'local') {
    const stray = (['address', 'python', 'serve-command', 'task-cpus', 'task-gpus'] as const).find(
      (name) => values[name] !== undefined,
    );
    if (stray !== undefined) {
      throw new Think2SegError('USAGE', `--${stray} was given without --engine ray, which it belongs to`);
    }
    return () => Promise.resolve(new EnginePool(workers ?? 1));
  }
  if (workers !== null) {
    throw new Think2SegError('USAGE', '--workers was given with --engine ray; the cluster says how many work at once');
  }
  if (values.address === undefined) {
    throw new Think2SegError('USAGE', '--address is missing; name the Ray cluster, such as auto or 10.0.0.1:6379');
  }
  const { address, python = 'python3', 'serve-command': serveCommand } = values;
  const taskCpus = readNonNegative('task-cpus', values['task-cpus'] ?? '1');
  const taskGpus = readNonNegative('task-gpus', values['task-gpus'] ?? '0');
  return ({ packDirectory, provider, threads, memoryBytes, shareGpu }, packSha256) =>
    RayPool.connect({
      address,
      pythonPath: python,
      driverPath: join(installation.resourcesDirectory, 'ray', 'ray_driver.py'),
      serveCommand: [
        ...(serveCommand?.split(' ') ?? ownCommand([process.execPath, ...process.argv.slice(1)], 'batch')),
        'serve',
        ...['--pack', packDirectory, '--provider', provider],
        ...(threads === null ? [] : ['--threads', String(threads)]),
        // Ray counts the cards: tasks that meet on one were given parts of it, or the next after an idle worker that keeps its models.
        ...(shareGpu === true || taskGpus > 0 ? ['--share-gpu'] : []),
        ...(memoryBytes === undefined ? [] : ['--memory', `${Math.floor(memoryBytes / 2 ** 20)}M`]),
      ],
      packSha256,
      taskCpus,
      taskGpus,
    });
}
