import { randomValues } from './random-sampler.ts';
import { sobolValues } from './sobol.ts';
import type { Values } from './space.ts';
import { tpeValues } from './tpe.ts';
import type { Question } from './trial.ts';

/** So many trials are random before a sampler learns of them. */
export const defaultStartup = 10;

interface Sampler {
  /** What it does, for the page of the kind. */
  readonly summary: string;
  /** Whether its proposals depend on how earlier trials went. */
  readonly learns: boolean;
  propose(question: Question, startup: number): Values;
}

/** How new values are proposed, by name. */
export const samplers = {
  tpe: {
    summary: 'near the best trials so far, all parameters together',
    learns: true,
    propose: (question, startup) => tpeValues(question, { joint: true, startup }),
  },
  'tpe-univariate': {
    summary: 'the same, each parameter by itself',
    learns: true,
    propose: (question, startup) => tpeValues(question, { joint: false, startup }),
  },
  sobol: {
    summary: 'evenly over the space',
    learns: false,
    propose: (question) => sobolValues(question),
  },
  random: {
    summary: 'at random',
    learns: false,
    propose: (question) => randomValues(question),
  },
} as const satisfies Readonly<Record<string, Sampler>>;

export type SamplerName = keyof typeof samplers;
export const samplerNames = Object.keys(samplers) as [SamplerName, ...SamplerName[]];
