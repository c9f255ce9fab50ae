/**
 * RefSegRS and RISBench: a text file with one sample a line, `ID words of the phrase`. RefSegRS names images without their
 * extension (`.tif`), RISBench with it.
 */
import { join } from 'node:path';
import type { Sample, SampleList } from '../sample.ts';
import { byId, listNames, readWholeFile } from './folder.ts';

interface PhraseLayout {
  readonly name: string;
  readonly imageFolder: string;
  readonly maskFolder: string;
  /** What is added to the first word of a line to make a file name. */
  readonly extension: string;
}

export const refSegRs: PhraseLayout = {
  name: 'RefSegRS',
  imageFolder: 'images',
  maskFolder: 'masks',
  extension: '.tif',
};
export const risBench: PhraseLayout = {
  name: 'RISBench',
  imageFolder: 'img_rgb',
  maskFolder: 'mask',
  extension: '',
};

export async function listPhrases(layout: PhraseLayout, rootDirectory: string, split: string): Promise<SampleList> {
  const expected = `the layout of ${layout.name}, ${rootDirectory}/{output_phrase_${split}.txt,${layout.imageFolder},${layout.maskFolder}}`;
  const text = (await readWholeFile(join(rootDirectory, `output_phrase_${split}.txt`), expected)).toString('utf8');
  const images = new Set(await listNames(join(rootDirectory, layout.imageFolder), expected));
  const masks = new Set(await listNames(join(rootDirectory, layout.maskFolder), expected));
  const samples: Sample[] = [];
  const problems: { id: string; problem: string }[] = [];
  const lines = text.split(/\r?\n/);
  lines.forEach((line, index) => {
    if (line.trim() === '') {
      return;
    }
    const [first = '', ...words] = line.trim().split(/\s+/);
    // One image may be asked about several times; the number of the line tells its samples apart and keeps their order.
    const id = `${String(index + 1).padStart(String(lines.length).length, '0')} ${first}`;
    const file = first + layout.extension;
    const missing = [images.has(file) ? null : 'image', masks.has(file) ? null : 'mask'].filter(
      (name) => name !== null,
    );
    if (missing.length > 0 || words.length === 0) {
      const problem = missing.length > 0 ? `has no ${missing.join(' and no ')}` : 'has no phrase';
      problems.push({ id, problem });
      return;
    }
    samples.push({
      id,
      imagePath: join(rootDirectory, layout.imageFolder, file),
      questions: [words.join(' ')],
      target: { kind: 'raster', path: join(rootDirectory, layout.maskFolder, file) },
      className: null,
      relation: null,
    });
  });
  return { samples: byId(samples), problems: byId(problems) };
}
