import { expect, it } from 'vitest';
import { parseXml } from '../../src-main/core/xml-tree.ts';

it('reads elements, attributes and text, and where they stand', () => {
  const document = `<?xml version="1.0"?><!-- <no/> --><a one="1" two='&quot;2&#x22;'>x<b/> &lt;y<![CDATA[<z>]]></a >\n`;
  const root = parseXml(document);
  expect(root).toMatchObject({ name: 'a', text: 'x <y<z>', children: [{ name: 'b', text: '', children: [] }] });
  expect([...root!.attributes]).toEqual([
    ['one', '1'],
    ['two', '"2"'],
  ]);
  const [child] = root!.children;
  expect(document.slice(child!.start, child!.end)).toBe('<b/>');
});

it.each([
  '',
  'text',
  '<a>',
  '<a></b>',
  '<a/><b/>',
  '<a></a></a>',
  `${'<a>'.repeat(50_000)}${'</a>'.repeat(50_000)}`,
  '<a one=1/>',
  '<a one="1" one="2"/>',
  '<a>&b;</a>',
  '<a>&</a>',
  '<a>&#x110000;</a>',
  '<!DOCTYPE a [<!ENTITY b "c">]><a/>',
  '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
])('is no plain document: %s', (document) => {
  expect(parseXml(document)).toBeNull();
});
