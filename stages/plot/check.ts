import { oneInput } from '../../src/one-input.ts';
import type { SettingMistake } from '../../src/stage.ts';
import { type Form, type FormName, formNames, formOf, formPorts, forms } from './forms.ts';
import type { PlotSettings } from './spec.ts';
import { specMistakes } from './table/spec-mistakes.ts';

/** What every form heeds. */
const ofAll = ['chart', 'title'];

/** The mistakes of settings that do not go with the form of chart, or with the input. */
export function check(given: PlotSettings, inputs: ReadonlySet<string>): readonly SettingMistake[] {
  const wrongInputs = oneInput(inputs, formPorts);
  if (wrongInputs.length > 0) return wrongInputs;
  const name = formOf(given.chart, inputs)!;
  const form: Form = forms[name];
  if (!inputs.has(form.port)) return [wrongPort(name, form, inputs)];
  return [
    ...Object.keys(given).flatMap((setting) => strayMistake(setting, name, form)),
    ...(form.required ?? [])
      .filter((setting) => !Object.hasOwn(given, setting))
      .map((setting) => ({ at: [], message: `the chart "${name}" needs the setting "${setting}"` })),
    ...together(given),
    ...(given.spec === undefined ? [] : specMistakes(given.spec)),
  ];
}

/** Settings that say something only beside another one, or not the same. */
function* together({ band, over, rows, columns }: PlotSettings): Generator<SettingMistake> {
  if (band !== undefined && over === undefined) {
    const message = 'a band is drawn around the mean of runs, and none are put together: name their axes by "over"';
    yield { at: ['band'], message };
  }
  if (rows !== undefined && rows === columns) {
    yield { at: ['columns'], message: `expected another axis than that of "rows", got "${rows}" for both` };
  }
}

function wrongPort(name: FormName, form: Form, inputs: ReadonlySet<string>): SettingMistake {
  const fitting = formNames.filter((other) => inputs.has(forms[other].port));
  const connected = forms[fitting[0]!].port;
  const message = `the chart "${name}" draws the input "${form.port}"; of "${connected}" there ${fitting.length === 1 ? 'is' : 'are'} ${fitting.join(', ')}`;
  return { at: ['chart'], message };
}

function strayMistake(setting: string, name: FormName, { settings }: Form): readonly SettingMistake[] {
  if (ofAll.includes(setting) || settings.includes(setting)) return [];
  const owners = formNames.filter((other) => (forms[other] as Form).settings.includes(setting));
  const heeds = settings.length === 0 ? 'it has no settings but its title' : `it heeds ${settings.join(', ')}`;
  const message = `the chart "${name}" does not heed "${setting}", which is a setting of ${owners.join(', ')}; ${heeds}`;
  return [{ at: [setting], message }];
}
