/** Network sockets that processes of this machine hold, read from Linux's own tables. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface OpenSocket {
  readonly table: 'tcp' | 'tcp6' | 'udp' | 'udp6' | 'raw' | 'raw6';
  readonly pid: number;
  /** `address:port` in the kernel's hexadecimal. */
  readonly local: string;
  readonly remote: string;
}

const tables = ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'] as const;

export function openSockets(pids: readonly number[]): OpenSocket[] {
  const owner = new Map(pids.flatMap((pid) => socketInodes(pid).map((inode) => [inode, pid] as const)));
  return tables.flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/u))
      .flatMap(([, local = '', remote = '', , , , , , , inode = '']) => {
        const pid = owner.get(inode);
        return pid === undefined ? [] : [{ table, pid, local, remote }];
      }),
  );
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      const target = linkTarget(`/proc/${pid}/fd/${descriptor}`);
      const inode = /^socket:\[(\d+)\]$/u.exec(target)?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return []; // ended meanwhile
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
