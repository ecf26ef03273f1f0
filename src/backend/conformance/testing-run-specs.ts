import { Console } from 'node:console';
import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import { compileFunction } from 'node:vm';

const require = createRequire(import.meta.url);

/** What became of one spec. */
interface SpecResult {
  /**
   * Names of the suites around it and its own; `(2)` and so on where several would have the same.
   */
  readonly name: string;
  /** `pending` is a spec that its authors switched off. */
  readonly status: 'passed' | 'failed' | 'pending';
  /** The failed expectations with their stacks; empty where it passed. */
  readonly failures: readonly string[];
}

/** The part of jasmine-core that is used here; the package has no types of its own. */
interface Jasmine {
  installGlobals(into: Globals): void;
}
type Define = (name: string, body?: (...args: never[]) => unknown, timeout?: number) => unknown;
interface Globals {
  [name: string]: unknown;
  describe: Define;
  it: Define;
  jasmine: { getEnv(): Environment };
}
interface Environment {
  configure(options: { random: boolean }): void;
  addReporter(reporter: { specDone(done: Done): void; suiteDone(done: Done): void }): void;
  execute(): Promise<Done & { overallStatus: string }>;
}
interface Done {
  readonly fullName: string;
  readonly status: SpecResult['status'];
  readonly failedExpectations: readonly { readonly message: string; readonly stack?: string }[];
}

/**
 * Runs a program that defines specs with jasmine's globals, which only this program sees.
 *
 * @returns every spec in the order of the program; what failed around a suite's specs is a failed
 * result under the suite's name
 */
export async function runSpecs(code: string): Promise<SpecResult[]> {
  const globals = {} as Globals;
  (require('jasmine-core') as Jasmine).installGlobals(globals);
  const environment = globals.jasmine.getEnv();
  environment.configure({ random: false });
  const scope = {
    ...globals,
    ...distinctNames(globals),
    console: silentConsole(),
    require,
    module: { exports: {} },
  };
  compileFunction(code, Object.keys(scope), { filename: 'conformance-specs.js' })(
    ...Object.values(scope),
  );

  const results: SpecResult[] = [];
  const failures = ({ failedExpectations }: Done) =>
    failedExpectations.map(({ message, stack = '' }) => `${message}\n${stack}`);
  environment.addReporter({
    specDone: (done) =>
      results.push({ name: done.fullName, status: done.status, failures: failures(done) }),
    suiteDone: (done) => {
      if (done.failedExpectations.length > 0) {
        results.push({ name: done.fullName, status: 'failed', failures: failures(done) });
      }
    },
  });
  const run = await environment.execute();
  if (run.overallStatus === 'incomplete' || run.failedExpectations.length > 0) {
    results.push({
      name: '(the whole run)',
      status: 'failed',
      failures: [run.overallStatus, ...failures(run)],
    });
  }
  return results;
}

/** Two specs of one name are an error in jasmine now, and tfjs-core has some. */
function distinctNames({ describe, it }: Globals): Pick<Globals, 'describe' | 'it'> {
  let used = new Map<string, number>();
  const distinct = (name: string): string => {
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  };
  return {
    it: (name, ...rest) => it(distinct(name), ...rest),
    describe: (name, body) =>
      describe(distinct(name), () => {
        const around = used;
        used = new Map();
        body?.();
        used = around;
      }),
  };
}

/** What specs print is no output of the run; some check that it is printed, on the same object. */
function silentConsole(): Console {
  return new Console(new Writable({ write: (_chunk, _encoding, done) => done() }));
}
