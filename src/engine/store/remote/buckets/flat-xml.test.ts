import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeXml, insideEach, textOf, unescapeXml } from './flat-xml.ts';

test('texts of servers are read however they escape them', () => {
  const xml = '<P><T>&#34;5d&#x22;</T></P><P><T>&quot;a &amp;lt; b</T></P>';
  assert.deepEqual(
    insideEach(xml, 'P').map((inside) => textOf(inside, 'T')),
    ['"5d"', '"a &lt; b'],
  );
  assert.equal(textOf(xml, 'U'), undefined);
  const text = `<"a" & 'b'>`;
  assert.equal(unescapeXml(escapeXml(text)), text);
});
