/** An X server of its own for each program under test, so that windows of one test never cover those of another. */
import { spawn } from 'node:child_process';

export interface VirtualDisplay {
  /** Value of DISPLAY. */
  readonly name: string;
  close(): void;
}

export interface DisplaySize {
  readonly width: number;
  readonly height: number;
}

export function openVirtualDisplay({ width, height }: DisplaySize): Promise<VirtualDisplay> {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const close = (): void => {
    process.off('exit', close);
    server.kill();
  };
  // A test process that ends early must not leave its server behind.
  process.once('exit', close);
  return new Promise((resolve, reject) => {
    let complaint = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    server.once('error', reject);
    server.once('exit', (status) => reject(new Error(`Xvfb ended with status ${String(status)}: ${complaint}`)));
    // It writes the number it took once it accepts clients.
    let number = '';
    server.stdio[3]?.on('data', (chunk: Buffer) => {
      number += chunk.toString();
      if (number.endsWith('\n')) {
        resolve({ name: `:${number.trim()}`, close });
      }
    });
  });
}
