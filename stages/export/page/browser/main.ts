/** What a model's page does with an image: its probabilities, then the map of where it looks. */
import { formatShare } from '../../../../src/format-numbers.ts';
import { scaleMap } from '../../../../src/learning/attribution/attribution-map.ts';
import { softmax } from '../../../../src/learning/metrics/arithmetic/logits.ts';
import { overlayMap } from '../../../../src/learning/vision/colour-map.ts';
import type { DecodedImage } from '../../../../src/learning/vision/decode-image.ts';
import {
  normalizationTable,
  pixelsToFloats,
} from '../../../../src/learning/vision/pixels-to-floats.ts';
import { cropNative, resizeImage } from '../../../../src/learning/vision/resize-image.ts';
import type { PageFacts, PageNetwork } from '../page-facts.ts';
import { decodeFile, sizeText } from './decode-file.ts';
import type * as NetworkScript from './network.ts';

/** The script before this one. */
declare const restageNetwork: typeof NetworkScript;

const element = <E extends HTMLElement = HTMLElement>(id: string) =>
  document.getElementById(id) as E;
const textOf = (id: string): string => element(id).textContent!;

const facts = JSON.parse(textOf('facts')) as PageFacts;
const state = element('state');
const file = element<HTMLInputElement>('file');

let opening: ReturnType<typeof restageNetwork.openNetwork> | undefined;
/** Which image is shown: what an earlier one still computes is dropped. */
let current = 0;

file.addEventListener('change', () => show(file.files?.[0]));
document.addEventListener('paste', ({ clipboardData }) => show(clipboardData?.files[0]));
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('over');
});
document.addEventListener('dragleave', () => document.body.classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('over');
  show(event.dataTransfer?.files[0]);
});

function show(image: File | undefined): void {
  if (image === undefined) return;
  const shown = ++current;
  const isOld = () => shown !== current;
  element('result').hidden = true;
  tell('Reading the image…');
  judge(image, isOld).catch((error: Error) => {
    if (!isOld()) tell(error.message, true);
  });
}

function tell(text: string, isWrong = false): void {
  state.textContent = text;
  state.classList.toggle('wrong', isWrong);
}

async function judge(file: File, isOld: () => boolean): Promise<void> {
  const decoded = await decodeFile(file);
  const { native, resize, size } = facts;
  if (native !== undefined && Math.min(decoded.width, decoded.height) < size) {
    throw new Error(
      `${file.name} has ${sizeText(decoded)}: this network needs at least ${size} × ${size}.`,
    );
  }
  const seen = native === undefined ? resizeImage(decoded, resize) : cropNative(decoded, native);
  if (opening === undefined) tell('Starting the network…');
  await painted();
  const score = await open();
  if (isOld()) return;
  tell('Computing…');
  await painted();
  const logits = await score(floatsOf(seen), seen);
  if (isOld()) return;
  if (![...logits].every(Number.isFinite))
    throw new Error(`The network gives ${file.name} scores that are no numbers.`);
  const probabilities = softmax(Array.from(logits, (logit) => logit / facts.temperature));
  const called = probabilities.indexOf(Math.max(...probabilities));
  const explained = native === undefined ? seen : resizeImage(decoded, resize);
  showScores(probabilities, called);
  element('seen').textContent = seenText(file.name, decoded, seen);
  paint('picture', seen);
  paint('map', explained);
  element('map-of').textContent = facts.classes[called]!;
  element('result').hidden = false;
  tell('');
  await showMap(score, explained, called, isOld);
}

function open() {
  if (opening === undefined) {
    const network = JSON.parse(textOf('network')) as PageNetwork;
    opening = restageNetwork.openNetwork(network, textOf('weights'), textOf('wasm'));
    // Their memory: three times that of the network.
    for (const id of ['weights', 'wasm']) element(id).remove();
  }
  return opening;
}

function seenText(name: string, image: DecodedImage, seen: DecodedImage): string {
  const isWhole = image.width === seen.width && image.height === seen.height;
  if (isWhole) return `${name}: the network sees all ${sizeText(image)}.`;
  const { native, resize } = facts;
  const isNative = native !== undefined || resize.before === 'native';
  const isSquare = image.width === image.height;
  const isCut = resize.before !== undefined || (resize.fit === 'cover' && !isSquare);
  const shape = { contain: ', on black', fill: ', stretched to a square', cover: '' };
  const part = isCut ? 'its middle' : `all of it${isSquare ? '' : shape[resize.fit]}`;
  return isNative
    ? `${name} has ${sizeText(image)}; the network sees its middle of ${sizeText(seen)}.`
    : `${name} has ${sizeText(image)}; the network sees ${part}, in ${sizeText(seen)}.`;
}

function floatsOf(image: DecodedImage): Float32Array {
  const floats = new Float32Array(image.pixels.length);
  pixelsToFloats(image.pixels, normalizationTable(facts.normalise), floats);
  return floats;
}

function showScores(probabilities: readonly number[], called: number): void {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!);
  const rows = order.map((index) => {
    const probability = probabilities[index]!;
    const row = document.createElement('tr');
    row.dataset['probability'] = String(probability);
    row.classList.toggle('called', index === called);
    const name = document.createElement('th');
    name.scope = 'row';
    name.textContent = facts.classes[index]!;
    const bar = document.createElement('td');
    bar.className = 'bar';
    const whole = document.createElement('div');
    const part = document.createElement('div');
    part.style.width = `${100 * probability}%`;
    whole.append(part);
    bar.append(whole);
    const value = document.createElement('td');
    value.textContent = shareText(probability);
    row.append(name, bar, value);
    return row;
  });
  element('probabilities').replaceChildren(...rows);
}

/** No image is certain: what rounds to 0 or 100 % is below or above its neighbour. */
function shareText(share: number): string {
  if (share > 0.999) return '> 99.9 %';
  return share < 0.001 ? '< 0.1 %' : formatShare(share);
}

async function showMap(
  score: Awaited<ReturnType<typeof open>>,
  image: DecodedImage,
  called: number,
  isOld: () => boolean,
): Promise<void> {
  const progress = element<HTMLProgressElement>('progress');
  const note = element('map-state');
  const dropped = new Error('another image');
  let passes = 0;
  progress.hidden = false;
  progress.value = 0;
  note.textContent = 'Hiding one square after the other…';
  const onPass = async () => {
    progress.value = passes++ / restageNetwork.passesOfMap;
    await painted();
    if (isOld()) throw dropped;
  };
  const question = { side: facts.size, classIndex: called };
  try {
    const map = await restageNetwork.mapOf(score, floatsOf(image), question, onPass);
    if (isOld()) return;
    const values = scaleMap(map.values);
    paint('map', overlayMap(image, { ...map, values }, { colours: 'viridis', opacity: 0.5 }));
    const isBlank = values.every((value) => value === 0);
    note.textContent = isBlank ? 'No hidden square lowers the score: the map is empty.' : '';
    progress.hidden = true;
  } catch (error) {
    if (error !== dropped) throw error;
  }
}

function paint(id: string, { width, height, pixels }: DecodedImage): void {
  const canvas = element<HTMLCanvasElement>(id);
  canvas.width = width;
  canvas.height = height;
  const data = new ImageData(width, height);
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
    data.data.set(pixels.subarray(from, from + 3), to);
    data.data[to + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(data, 0, 0);
}

/** After the browser has drawn what was told, and heard of other images. */
const painted = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
