import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { runThink2seg } from '../../support/command-line.ts';

describe('think2seg', () => {
  it('prints its version and an overview', async () => {
    expect((await runThink2seg(['--version'])).stdout).toBe(`${packageJson.version}\n`);
    const help = await runThink2seg([]);
    expect(help.status).toBe(0);
    expect(help.stdout).toContain('think2seg segment RASTER --query TEXT');
  });

  it.each(['segment', 'info', 'pack', 'doctor', 'demo'])('explains %s', async (command) => {
    const { status, stdout } = await runThink2seg([command, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain(`think2seg ${command}`);
  });

  it.each([
    ['an unknown command, naming the one that was meant', ['segmnet'], /did you mean `segment`/],
    ['an unknown option', ['segment', 'a.tif', '--querry', 'x'], /--querry/],
    ['no raster', ['segment', '--query', 'x'], /takes one raster, got none/],
    ['two rasters', ['segment', 'a.tif', 'b.tif', '--query', 'x'], /takes one raster/],
    ['no question', ['segment', 'a.tif'], /--query is missing/],
    [
      'a window of three numbers',
      ['segment', 'a.tif', '-q', 'x', '--window', '1,2,3'],
      /--window got "1,2,3", expected 4/,
    ],
    ['a window of fractions', ['segment', 'a.tif', '-q', 'x', '--window', '1,2,3.5,4'], /whole numbers/],
    ['a window and bounds', ['segment', 'a.tif', '-q', 'x', '--window', '0,0,1,1', '--bbox', '-1,-1,1,1'], /only one/],
    ['an unknown provider', ['segment', 'a.tif', '-q', 'x', '--provider', 'tpu'], /expected one of auto, cuda/],
    ['an unknown mode', ['segment', 'a.tif', '-q', 'x', '--mode', 'fast'], /expected one of native, reference/],
    ['a negative tolerance', ['segment', 'a.tif', '-q', 'x', '--simplify=-1'], /0 or more/],
    [
      'a table without rows',
      ['batch', '--table', '/dev/null', '-o', 'x'],
      /--table \/dev\/null has no rows; expected the columns/,
    ],
    [
      'memory without a unit',
      ['segment', 'a.tif', '-q', 'x', '--memory', '4096'],
      /--memory got "4096", expected a size .*4G/,
    ],
    [
      'less memory than it takes',
      ['serve', '--memory', '100M'],
      /--memory got "100M", expected a size of 256M or more/,
    ],
    ['memory in words', ['batch', '.', '-o', 'x', '--memory', 'lots'], /--memory got "lots"/],
    ['two bands', ['segment', 'a.tif', '-q', 'x', '--bands', '1,2'], /expected 1 or 3 numbers/],
    ['prompts and an answer', ['segment', 'a.tif', '--prompts', 'p', '--answer', 'a'], /only one/],
    ['a pack without --pack', ['doctor', '/some/pack'], /doctor takes options only, got \/some\/pack/],
    ['words after pack list', ['pack', 'list', 'nano'], /pack list takes options only/],
    ['no pack action', ['pack'], /expected list, inspect, verify or import/],
    ['half of what a foreign pack needs', ['pack', 'import', '.', '--id', 'x'], /--template FILE/],
  ])('refuses %s', async (_, args, message) => {
    const { status, stderr, stdout } = await runThink2seg(args);
    expect(stderr).toMatch(/^USAGE: /);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
    expect(stdout).toBe('');
  });

  it('fails where nothing is left that could answer it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'think2seg-mute-'));
    const mute = join(folder, 'mute.cjs');
    writeFileSync(
      mute,
      `const { EventEmitter } = require('node:events');
       require('node:child_process').fork = () => Object.assign(new EventEmitter(), { send() {}, kill() {} });`,
    );
    const { status, stderr } = await runThink2seg(['pack', 'inspect', resolve('models/nano')], {
      environment: { NODE_OPTIONS: `--require ${mute}` },
    });
    rmSync(folder, { recursive: true });
    expect(stderr).toMatch(/^INTERNAL: the command waits for something that will never come/);
    expect(status).toBe(1);
  });
});
