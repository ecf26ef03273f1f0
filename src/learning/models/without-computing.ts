import { engine, env } from '@tensorflow/tfjs';

/**
 * Does work that builds networks whose weights nobody needs, and in which nothing is computed: no
 * backend need have been started. The weights are disposed of, also when it throws.
 */
export async function withoutComputing<T>(work: () => Promise<T>): Promise<T> {
  const isProduction = env().getBool('PROD');
  const before = new Set(variables());
  // Otherwise tfjs advertises another backend at its first tensor.
  env().set('PROD', true);
  try {
    return await work();
  } finally {
    env().set('PROD', isProduction);
    for (const variable of variables()) if (!before.has(variable)) variable.dispose();
  }
}

const variables = () => Object.values(engine().state.registeredVariables);
