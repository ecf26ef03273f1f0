import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSecondsLeft, type TimedStage } from './run-time-left.ts';

const stage = (
  name: string,
  state: TimedStage['state'],
  seconds = 0,
  secondsLeft?: number,
): TimedStage => ({ name, state, seconds, secondsLeft });

test('a run takes what its stages say to need, what they took the last time, or what other members took', () => {
  const stages = [
    stage('data', 'ran', 10),
    stage('fit[seed=7]', 'ran', 60),
    stage('fit[seed=8]', 'running', 30, 40),
    stage('fit[seed=9]', 'waiting'),
    stage('report', 'waiting'),
  ];
  const before = new Map([
    ['report', 5],
    ['fit[seed=9]', 1000],
  ]);
  assert.equal(runSecondsLeft(stages, before, 100), 40 + 60 + 5, 'of this run before the last one');
});

test('stages that worked side by side so far will go on so', () => {
  const stages = [stage('a', 'running', 50, 100), stage('b', 'running', 50, 100)];
  assert.equal(runSecondsLeft(stages, new Map(), 50), 100);
});

test('a stage of which nothing is known leaves the time open, and one that takes longer than before counts as nearly done', () => {
  assert.equal(runSecondsLeft([stage('new', 'waiting')], new Map(), 1), undefined);
  assert.equal(runSecondsLeft([stage('fit', 'running', 30)], new Map([['fit', 20]]), 30), 0);
  assert.equal(runSecondsLeft([stage('fit', 'up to date')], new Map(), 30), 0);
});
