import type { DoctorReport } from '../contract/doctor.ts';
import { providerNames } from '../contract/provider.ts';
import { locatePack } from './locate-pack.ts';
import { formatBytes, formatTable } from './format-table.ts';
import { readOptions, refusePositionals } from './read-options.ts';
import { printJson, printText } from './terminal-text.ts';
import { callEngine } from './with-engine.ts';

function describe(report: DoctorReport): string {
  const { platform, memory, pack } = report;
  const providerRows = providerNames
    .map((name) => report.providers.find((entry) => entry.provider === name))
    .filter((entry) => entry !== undefined)
    .map((entry) => [
      entry.provider,
      entry.works ? 'works' : 'no',
      entry.supportsFp16 === undefined ? '' : entry.supportsFp16 ? 'yes' : 'no',
      entry.maxDifference === undefined ? '' : entry.maxDifference.toExponential(1),
      entry.reason ?? '',
    ]);
  const packLine =
    pack.state === 'ok'
      ? `${pack.id ?? pack.directory}, every file intact`
      : `${pack.state}: ${pack.problem ?? 'unknown problem'}`;
  return [
    `think2seg ${report.application.version}, Node ${platform.node}, ONNX Runtime ${platform.onnxruntime}, ${platform.os} ${platform.architecture}`,
    `memory  ${formatBytes(memory.availableBytes)} free of ${formatBytes(memory.totalBytes)}; threads ${report.threads}`,
    `pack    ${packLine}`,
    '',
    formatTable(['provider', 'state', 'fp16', 'difference', 'why'], providerRows),
    `auto takes ${report.chosen.provider}${report.chosen.note === undefined ? '' : ` (${report.chosen.note})`}`,
    '',
  ].join('\n');
}

/** `think2seg doctor [--pack DIR] [--json]`: what really works on this machine. */
export async function doctorCommand(args: string[]): Promise<void> {
  const { values, positionals } = readOptions('doctor', args, {
    pack: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  refusePositionals('doctor', positionals);
  const report = await callEngine('doctor', { packDirectory: await locatePack(values.pack) });
  if (values.json) {
    printJson(report, 2);
  } else {
    printText(describe(report));
  }
}
