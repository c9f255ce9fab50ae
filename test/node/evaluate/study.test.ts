import { describe, expect, it } from 'vitest';
import { namesOfPacks } from '../../../src-main/core/evaluate/study.ts';

describe('namesOfPacks', () => {
  it('names packs by id and version, and by folder where these are the same', () => {
    const packs = [
      { id: 'nano', version: '0.1.0', directory: '/old' },
      { id: 'sam', version: '1.0.0', directory: '/sam' },
      { id: 'nano', version: '0.1.0', directory: '/new' },
    ];
    expect(namesOfPacks(packs)).toEqual(['nano 0.1.0 in /old', 'sam 1.0.0', 'nano 0.1.0 in /new']);
  });
});
