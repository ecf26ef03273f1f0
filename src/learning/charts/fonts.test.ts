import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Resvg } from '@resvg/resvg-js';
import { type FontWeight, fontFiles, textWidth } from './fonts.ts';

/** The width that the renderer gives a text: where a bar right after it starts. */
function renderedWidth(text: string, size: number, weight: FontWeight): number {
  const svg = (content: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="100"><text y="50" font-size="${size}" font-weight="${weight}">${content}</text></svg>`;
  const options = {
    font: {
      loadSystemFonts: false,
      fontFiles: Object.values(fontFiles),
      defaultFontFamily: 'DejaVu Sans',
    },
  };
  // A box starts and ends at ink, so two boxes that differ by the text alone differ by its advance.
  const right = (content: string) => {
    const box = new Resvg(svg(content), options).getBBox();
    assert.ok(box);
    return box.x + box.width;
  };
  return right(`${text}|`) - right('|');
}

test('a digit of DejaVu Sans is 1303 of 2048 units wide', () => {
  assert.equal(textWidth('0', 2048), 1303);
  assert.equal(textWidth('0000', 2048), 4 * 1303);
  assert.equal(textWidth('', 12), 0);
});

test('a character that the font does not have has the width of its empty box', () => {
  assert.equal(textWidth('\u{20000}', 2048), textWidth('\u{ffff}', 2048));
  assert.ok(textWidth('\u{20000}', 2048) > 1000);
});

test('widths agree with what the renderer draws, up to its kerning', () => {
  for (const weight of ['normal', 'bold'] as const) {
    for (const text of [
      'Accuracy',
      '0.0001',
      'validation',
      'AUC = 0.701 – first score',
      'Überprüfung µ → λ',
    ]) {
      const expected = renderedWidth(text, 20, weight);
      assert.ok(
        Math.abs(textWidth(text, 20, weight) - expected) < 0.02 * expected,
        `${weight} "${text}": ${textWidth(text, 20, weight)}, drawn ${expected}`,
      );
    }
  }
});
