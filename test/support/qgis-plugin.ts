/** A home of a user who has QGIS, installed the plugin from its zip, and has the program at a path of his own. */
import { execFile } from 'node:child_process';
import { access, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';

const root = resolve(import.meta.dirname, '../..');
const script = resolve(import.meta.dirname, 'qgis_plugin.py');

export type QgisStep = { readonly step: string } & Record<string, unknown>;

export interface QgisRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class QgisHome {
  readonly directory: string;
  readonly profile: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(directory: string) {
    this.directory = directory;
    this.profile = join(directory, '.local/share/QGIS/QGIS3/profiles/default');
    this.#environment = {
      ...process.env,
      PATH: `${directory}:${process.env['PATH'] ?? ''}`,
      HOME: directory,
      XDG_RUNTIME_DIR: join(directory, 'run'),
      QT_QPA_PLATFORM: 'offscreen',
    };
  }

  /** Builds the zip and unpacks it where QGIS installs plugins. */
  static async make(directory: string): Promise<QgisHome> {
    const home = new QgisHome(directory);
    await mkdir(join(directory, 'run'), { mode: 0o700, recursive: true });
    const zipPath = join(directory, 'think2seg.zip');
    await promisify(execFile)(process.execPath, [join(root, 'resources/qgis/build-zip.mjs'), zipPath]);
    for (const [name, bytes] of Object.entries(unzipSync(await readFile(zipPath)))) {
      const path = join(home.profile, 'python/plugins', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    }
    return home;
  }

  /** The command line as one executable file, found through PATH. @returns its path */
  async installProgram(): Promise<string> {
    const builtCli = join(root, 'out/main/cli.cjs');
    await access(builtCli);
    const path = join(this.directory, 'think2seg');
    await writeFile(path, `#!/bin/sh\nexec '${process.execPath}' '${builtCli}' "$@"\n`);
    await chmod(path, 0o755);
    return path;
  }

  /** Debian's `qgis_process` passes a flag that this program does not know. */
  process(...args: string[]): Promise<QgisRun> {
    return this.#run('qgis_process.bin', args);
  }

  /** The steps of `qgis_plugin.py`, in one QGIS. @returns what each step came to */
  async steps(steps: readonly QgisStep[]): Promise<Record<string, unknown>[]> {
    const path = join(this.directory, 'steps.json');
    await writeFile(path, JSON.stringify(steps));
    const { status, stdout, stderr } = await this.#run('/usr/bin/python3', [script, this.profile, path]);
    const reports = stdout.split('\n').filter((line) => line.startsWith('{'));
    if (status !== 0 || reports.length !== steps.length) {
      throw new Error(`QGIS ended with status ${status} after ${reports.length} of ${steps.length} steps: ${stderr}`);
    }
    return reports.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  #run(program: string, args: readonly string[]): Promise<QgisRun> {
    return new Promise((resolveRun) => {
      execFile(program, args, { env: this.#environment, timeout: 300_000 }, (error, stdout, stderr) => {
        resolveRun({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
      });
    });
  }
}
