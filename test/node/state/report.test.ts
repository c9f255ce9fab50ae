import { describe, expect, it } from 'vitest';
import { reportHtml, type ReportContent } from '../../../src-renderer/state/report.ts';
import { someRunRecord, squareInstance } from '../../support/work-documents.ts';

const attack = `<img src=x onerror="alert('1')">`;

const content: ReportContent = {
  title: 'Ponds',
  version: '0.1.0',
  createdAt: new Date('2026-01-02T03:04:05Z'),
  scenePath: '/data/scene.tif',
  pictureUrl: 'data:image/png;base64,AAAA',
  sections: [
    {
      name: 'Ponds',
      question: 'where are the ponds?',
      color: '#e6308a',
      instances: [squareInstance(10), squareInstance(200)],
      runRecord: someRunRecord('where are the ponds?', { warnings: ['prompt 3 was left out'] }),
    },
  ],
};

describe('reportHtml', () => {
  it('holds question, reasoning, measures, sums and the whole provenance', () => {
    const html = reportHtml(content);
    for (const text of [
      'where are the ponds?',
      'The square is the only candidate.',
      '2 objects, 4.01 ha',
      '<td>40,000.0</td>',
      'a'.repeat(64),
      'b'.repeat(64),
      'WGS 84 / UTM zone 33N (EPSG:32633)',
      'prompt 3 was left out',
      'data:image/png;base64,AAAA',
    ]) {
      expect(html).toContain(text);
    }
  });

  it('shows every text as text, wherever it came from', () => {
    const html = reportHtml({
      ...content,
      title: attack,
      version: attack,
      scenePath: attack,
      pictureUrl: `data:image/png;base64,AA"><script>alert(1)</script>`,
      sections: [
        {
          name: attack,
          question: attack,
          color: `red"><script>`,
          instances: [],
          runRecord: someRunRecord(attack, {
            reasoning: attack,
            warnings: [attack],
            pack: { id: attack, version: attack, sha256: attack },
            crs: { name: attack, wkt: attack },
            provider: { lvlm: 'cpu', segmenter: 'cpu', note: attack },
          }),
        },
      ],
    });
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<script');
    expect(html.split('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;').length).toBeGreaterThan(8);
  });

  it('says that there is no target, and needs nothing from outside', () => {
    const html = reportHtml({
      ...content,
      sections: content.sections.map((section) => ({ ...section, instances: [] })),
    });
    expect(html).toContain('No target found');
    expect(html).not.toMatch(/https?:|<script|<link|@import|url\(/);
  });
});
