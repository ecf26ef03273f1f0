import type { SettingMistake } from '../../stage.ts';
import { type InputSettings, resizeFor } from './input-settings.ts';

/** Settings of the input that contradict each other, or the inputs of the stage. */
export function inputMistakes(
  given: InputSettings,
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  if (given.preprocessing !== undefined && inputs.has('preprocessing')) {
    const message = 'either the setting or the input `preprocessing`, got both';
    return [{ at: ['preprocessing'], message }];
  }
  return given.scale === undefined ? resizeMistakes(given) : nativeMistakes(given);
}

function resizeMistakes(given: InputSettings): readonly SettingMistake[] {
  const { preprocessing, resize, crop, fit, largest } = given;
  if (largest !== undefined)
    return [{ at: ['largest'], message: 'is for scale: native, which sees whole images' }];
  if (resize === undefined) {
    const before = 'expected "resize" with it, the length of the shorter side before the crop';
    const message = `${before}, such as ${resizeFor(crop)}`;
    return crop === undefined ? [] : [{ at: ['crop'], message }];
  }
  if (fit !== undefined && fit !== 'cover') {
    const message = 'expected none with "resize", which decides how an image is scaled';
    return [{ at: ['fit'], message }];
  }
  const shorter = typeof resize === 'number' ? resize : Math.min(...resize);
  if (crop === undefined || shorter >= crop) return sizeMistakes(given);
  const whose = preprocessing === undefined ? '' : ` (preprocessing: ${preprocessing})`;
  const most = `expected at most ${shorter}, the shorter side after "resize"${whose}`;
  return [...sizeMistakes(given), { at: ['crop'], message: `${most}, got ${crop}` }];
}

function nativeMistakes(given: InputSettings): readonly SettingMistake[] {
  const names = [
    ...(given.resize === undefined ? [] : ['resize']),
    ...(given.fit === undefined || given.fit === 'cover' ? [] : ['fit']),
  ];
  const message = 'expected none with scale: native, which keeps the pixels of the files';
  return [...names.map((name) => ({ at: [name], message })), ...sizeMistakes(given)];
}

function sizeMistakes({ crop, imageSize }: InputSettings): readonly SettingMistake[] {
  if (crop === undefined || crop === imageSize) return [];
  const message = `expected none, or ${crop}, since "crop" is the size of the network’s input`;
  return [{ at: ['imageSize'], message: `${message}, got ${imageSize}` }];
}
