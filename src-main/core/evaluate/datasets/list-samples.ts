import { Think2SegError } from '../../../contract/errors.ts';
import type { DatasetName } from '../../../contract/evaluation.ts';
import type { SampleList } from '../sample.ts';
import { listEarthReason } from './earthreason.ts';
import { listPhrases, refSegRs, risBench } from './phrase-list.ts';
import { listRrsisD } from './rrsis-d.ts';

type Lister = (rootDirectory: string, split: string) => Promise<SampleList>;

const listers: Record<DatasetName, Lister> = {
  earthreason: listEarthReason,
  rrsisd: listRrsisD,
  refsegrs: (rootDirectory, split) => listPhrases(refSegRs, rootDirectory, split),
  risbench: (rootDirectory, split) => listPhrases(risBench, rootDirectory, split),
};

/** Every sample of a split that has its files. @throws INPUT_NOT_FOUND when there is none. */
export async function listSamples(dataset: DatasetName, rootDirectory: string, split: string): Promise<SampleList> {
  const list = await listers[dataset](rootDirectory, split);
  if (list.samples.length === 0) {
    const found = list.problems[0];
    throw new Think2SegError(
      'INPUT_NOT_FOUND',
      `split ${split} of ${dataset} in ${rootDirectory} has no complete sample` +
        (found === undefined ? '' : ` (${list.problems.length} incomplete, the first: ${found.id} ${found.problem})`) +
        `; expected images, masks and questions`,
    );
  }
  return list;
}
