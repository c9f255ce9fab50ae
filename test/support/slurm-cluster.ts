/** A Slurm of one node on this machine, configured in a temporary folder. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'scontrol', 'sinfo'];
const environment = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };

/** Why there can be none; null when there can. */
export const slurmMissing: string | null = whyMissing();

function whyMissing(): string | null {
  const absent = programs.filter((name) => spawnSync('which', [name], { env: environment }).status !== 0);
  const reason =
    absent.length > 0
      ? `no ${absent.join(', ')}: Debian's slurm-wlm has them`
      : process.getuid?.() === 0
        ? null
        : 'a Slurm that runs jobs wants root';
  if (reason !== null && process.env['T2S_REQUIRE_SLURM'] === '1') {
    throw new Error(`Slurm is required here: ${reason}`);
  }
  return reason;
}

export class SlurmCluster {
  readonly #folder: string;
  readonly #daemons: ChildProcess[];
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(folder: string, daemons: ChildProcess[], configuration: string) {
    this.#folder = folder;
    this.#daemons = daemons;
    this.#environment = { ...environment, SLURM_CONF: configuration };
  }

  /**
   * The running cluster, or why this machine lets none run.
   * @param ports of the controller and of the node.
   */
  static async start(processors: number, ports: readonly [number, number]): Promise<SlurmCluster | string> {
    const folder = mkdtempSync(join(tmpdir(), 'think2seg-slurm-daemons-'));
    const socket = join(folder, 'munge.socket');
    const secret = join(folder, 'secret');
    for (const name of ['state', 'spool', 'secret']) {
      mkdirSync(join(folder, name));
    }
    chmodSync(folder, 0o755);
    chmodSync(secret, 0o700);
    writeFileSync(join(secret, 'munge.key'), randomBytes(1024), { mode: 0o400 });
    const configuration = join(folder, 'slurm.conf');
    writeFileSync(configuration, configurationText(folder, socket, processors, ports));
    const daemons: ChildProcess[] = [];
    const cluster = new SlurmCluster(folder, daemons, configuration);
    try {
      const files = ['munge.key', 'munged.pid', 'munged.log', 'munged.seed'].map((name) => join(secret, name));
      const [key, pid, log, seed] = files;
      cluster.#run(
        'munged',
        '--foreground',
        '--force',
        `--socket=${socket}`,
        `--key-file=${key}`,
        `--pid-file=${pid}`,
        `--log-file=${log}`,
        `--seed-file=${seed}`,
      );
      await cluster.#until(() => existsSync(socket));
      cluster.#run('slurmctld', '-D');
      cluster.#run('slurmd', '-D');
      await cluster.#until(() => cluster.ask('sinfo', '--noheader', '--format=%t').trim() === 'idle');
    } catch (error) {
      const logs = ['slurmctld.log', 'slurmd.log'].map((name) => join(folder, name)).filter(existsSync);
      const text = logs.map((path) => readFileSync(path, 'utf8').slice(-2_000)).join('\n');
      await cluster.end();
      return `Slurm does not start here: ${error instanceof Error ? error.message : String(error)}\n${text}`;
    }
    return cluster;
  }

  /** What a command of Slurm prints. */
  ask(command: string, ...args: string[]): string {
    return execFileSync(command, args, { env: this.#environment, encoding: 'utf8' });
  }

  /** Hands a script in; resolves with the number of its job. */
  submit(args: readonly string[], cwd: string, variables: Record<string, string>): string {
    const options = { env: { ...this.#environment, ...variables }, cwd, encoding: 'utf8' } as const;
    return execFileSync('sbatch', ['--parsable', ...args], options).trim();
  }

  /** State and exit status of each task, such as `COMPLETED 0:0`, once none is waiting or running. */
  async finished(job: string): Promise<string[]> {
    await this.#until(() =>
      this.#tasks(job).every((task) => !/^(?:PENDING|RUNNING|COMPLETING|CONFIGURING|REQUEUED)/u.test(task)),
    );
    return this.#tasks(job);
  }

  /** Stops a task, queues it again and starts it as soon as it has ended; Slurm itself would wait for two minutes. */
  async requeue(task: string): Promise<void> {
    this.ask('scontrol', 'requeue', task);
    await this.#until(() => this.#tasks(task).every((state) => state.startsWith('PENDING')));
    this.ask('scontrol', 'update', `jobid=${task}`, 'starttime=now');
  }

  #tasks(job: string): string[] {
    return this.ask('scontrol', 'show', 'job', job, '--oneliner')
      .trim()
      .split('\n')
      .map((line) => `${/JobState=(\S+)/u.exec(line)?.[1] ?? ''} ${/ExitCode=(\S+)/u.exec(line)?.[1] ?? ''}`);
  }

  async end(): Promise<void> {
    for (const daemon of this.#daemons.reverse()) {
      const ended = new Promise((done) => daemon.once('close', done));
      if (daemon.exitCode === null && daemon.kill('SIGTERM')) {
        await Promise.race([ended, delay(5_000).then(() => daemon.kill('SIGKILL'))]);
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(command: string, ...args: string[]): void {
    this.#daemons.push(spawn(command, args, { env: this.#environment, stdio: 'ignore' }));
  }

  async #until(isSo: () => boolean): Promise<void> {
    const endMs = performance.now() + 300_000;
    while (!isSo()) {
      const gone = this.#daemons.find(({ exitCode }) => exitCode !== null);
      if (gone !== undefined || performance.now() > endMs) {
        throw new Error(gone === undefined ? 'Slurm takes too long' : `${gone.spawnfile} ended with ${gone.exitCode}`);
      }
      await delay(200);
    }
  }
}

function configurationText(
  folder: string,
  socket: string,
  processors: number,
  [controllerPort, nodePort]: readonly [number, number],
): string {
  const host = hostname().split('.')[0] ?? 'localhost';
  return `ClusterName=think2seg
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=${socket}
SlurmctldPort=${controllerPort}
SlurmdPort=${nodePort}
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
# Control groups may be out of reach in a container.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,bf_interval=2
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${processors} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
`;
}
