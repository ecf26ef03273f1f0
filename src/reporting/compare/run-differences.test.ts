import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleResult } from '../../../test/support/example-result.ts';
import type { StageResult } from '../../engine/store/stage-result.ts';
import { changedLines } from './line-differences.ts';
import { type DescribedRun, runDifferences } from './run-differences.ts';

interface RunOfTest {
  readonly rate: number;
  readonly version: string;
  readonly torch: string;
  readonly commit: string;
}

function runOf({ rate, version, torch, commit }: RunOfTest): DescribedRun {
  const made = exampleResult(1);
  const result: StageResult = {
    ...made,
    fingerprint: { ...made.fingerprint, kind: 'python', version, settings: { rate, epochs: 9 } },
    record: { ...made.record, software: { torch } },
  };
  const record = {
    pipeline: 'test',
    file: 'test.yaml',
    startedAt: made.record.startedAt,
    seconds: 1,
    restage: '1',
    gitCommit: commit,
    stages: {},
  };
  return { record, results: new Map([['fit', result]]) };
}

test('two runs differ in lines of YAML, code by stage and commit, and versions', () => {
  const first = runOf({ rate: 0.1, version: 'aaaa', torch: '2.1', commit: 'c1' });
  const second = runOf({ rate: 0.2, version: 'bbbb', torch: '2.2', commit: 'c2' });
  const { yaml, code, machine, commits } = runDifferences(first, second);
  assert.deepEqual(
    changedLines(yaml, 1).map((line) => line && line.side + line.text),
    [null, '     with:', '-      rate: 0.1', '+      rate: 0.2', '       epochs: 9'],
  );
  assert.deepEqual(code, [['fit', 'python aaaa', 'python bbbb']]);
  assert.deepEqual(machine, [['torch', '2.1', '2.2']]);
  assert.deepEqual(commits, ['c1', 'c2']);
  const same = runDifferences(first, first);
  assert.deepEqual([same.code, same.machine, same.commits], [[], [], undefined]);
  assert.ok(same.yaml.every(({ side }) => side === ' '));
});
