import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StageEvent } from '../events.ts';
import { ReportCollector } from './report-collector.ts';

test('a stage reports at most 4 MiB of warnings, notes and tables, and is told so once', () => {
  const events: StageEvent[] = [];
  const collector = new ReportCollector((event) => events.push(event), undefined);
  const large = 'x'.repeat(1_000_000);
  for (let index = 0; index < 20; index += 1) {
    collector.receive({ type: 'warn', message: `${index} ${large}` });
    collector.receive({ type: 'note', name: `note ${index}`, value: large });
    collector.receive({ type: 'highlight', title: large, columns: [], rows: [] });
  }
  const { warnings, notes, highlights } = collector.reports;
  const overflow =
    'It sends more than 4 MiB of warnings, notes and tables: further ones are left out';
  assert.deepEqual([warnings.length, Object.keys(notes).length, highlights.length], [3, 1, 1]);
  assert.equal(warnings.at(-1), overflow);
  assert.deepEqual(
    events.map((event) => event.type === 'warning' && event.message),
    warnings,
  );
});
