import { StageError } from '../../../stage.ts';
import { readBytes } from './weight-files.ts';

// Python's pickles as data. A pickle is a program for a machine with a stack
// (https://github.com/python/cpython/blob/main/Lib/pickletools.py); here only its instructions
// exist that make values, and a name of Python means what a table says, or is an error. Nothing of
// a file is ever executed.

/** A value of a pickle: tuples and lists are arrays, dictionaries are maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PickleValue[]
  | PickleMap
  | PickleObject;
export type PickleMap = Map<PickleValue, PickleValue>;
/** A value that the globals of a reader make. */
export type PickleObject = { readonly object: string };

/** Counts work as so many instructions. Throws a {@link StageError} where a file has too many. */
export type Charge = (instructions: number) => void;

/** What a pickle may name, and what becomes of it. */
export interface PickleNames {
  /** The value of `module.name`, or undefined for one that is refused. */
  global(module: string, name: string): PickleObject | undefined;
  /**
   * The result of calling a value with arguments, or undefined where that is refused. What takes
   * time by the length of its arguments says so by `charge`.
   */
  call(
    callee: PickleValue,
    parameters: readonly PickleValue[],
    charge: Charge,
  ): PickleValue | undefined;
  /** The value of a persistent identifier: in PyTorch, a storage. */
  persistent(id: PickleValue): PickleValue | undefined;
}

/** A state dict has some ten instructions a tensor. */
const mostInstructions = 2_000_000;
const longestText = 2 ** 26;

/** Reads the pickles of a stretch of a file, one after another. */
export class PickleReader {
  readonly #path: string;
  readonly #end: number;
  #window = new DataView(new ArrayBuffer(0));
  #windowStart: number;
  #at: number;
  #budget = mostInstructions;
  #textBudget = longestText;

  constructor(path: string, start: number, end: number) {
    this.#path = path;
    this.#at = start;
    this.#windowStart = start;
    this.#end = end;
  }

  /** The first byte after what was read. */
  get position(): number {
    return this.#at;
  }

  /** Throws a {@link StageError} for a damaged pickle, or for a name that is refused. */
  read(names: PickleNames): PickleValue {
    return new Machine(this, names).run();
  }

  /** The next `length` bytes, as a view that the next call may replace. */
  take(length: number): DataView {
    if (length > this.#end - this.#at) throw this.damaged('ends within its table: it is cut short');
    const offset = this.#at - this.#windowStart;
    this.#at += length;
    if (offset + length <= this.#window.byteLength) {
      return new DataView(this.#window.buffer, offset, length);
    }
    this.#windowStart = this.#at - length;
    const size = Math.min(Math.max(length, 2 ** 16), this.#end - this.#windowStart);
    this.#window = new DataView(readBytes(this.#path, this.#windowStart, size).buffer);
    return new DataView(this.#window.buffer, 0, length);
  }

  instruction(): number {
    this.charge(1);
    return this.take(1).getUint8(0);
  }

  readonly charge: Charge = (instructions) => {
    this.#budget -= instructions;
    if (this.#budget < 0) {
      throw this.damaged(`has more than ${mostInstructions} instructions in its table`);
    }
  };

  text(length: number): string {
    this.#textBudget -= length;
    if (this.#textBudget < 0) throw this.damaged(`has more than ${longestText} bytes of text`);
    return new TextDecoder().decode(this.take(length));
  }

  /** A text up to the end of the line, as old instructions have it. */
  line(): string {
    const bytes: number[] = [];
    for (let byte = this.take(1).getUint8(0); byte !== 10; byte = this.take(1).getUint8(0)) {
      bytes.push(byte);
      if (bytes.length > 1000) throw this.damaged('has a line of more than 1,000 bytes');
    }
    return new TextDecoder().decode(Uint8Array.from(bytes));
  }

  damaged(problem: string): StageError {
    return new StageError(`Expected weights of PyTorch, but ${this.#path} ${problem}.`);
  }

  refused(name: string): StageError {
    return new StageError(
      `Expected tensors, lists, dictionaries, numbers and texts in ${this.#path}, got the Python object ${name.slice(0, 200)}, which is not loaded: save the weights alone, torch.save(model.state_dict(), "weights.pth").`,
    );
  }
}

/** The stack and the memo of one pickle. */
class Machine {
  readonly #reader: PickleReader;
  readonly #names: PickleNames;
  readonly #memo = new Map<number, PickleValue>();
  /** The stacks below the marks. */
  readonly #below: PickleValue[][] = [];
  #stack: PickleValue[] = [];

  constructor(reader: PickleReader, names: PickleNames) {
    this.#reader = reader;
    this.#names = names;
  }

  run(): PickleValue {
    for (;;) {
      const code = this.#reader.instruction();
      if (code === 0x2e) return this.#pop();
      const instruction = instructions.get(code);
      if (instruction === undefined) {
        throw this.#reader.damaged(
          `has the instruction 0x${code.toString(16)} at byte ${this.#reader.position - 1}, which no table of tensors needs`,
        );
      }
      instruction(this, this.#reader);
    }
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.#reader.damaged('is damaged: its stack of values is empty');
    return value;
  }

  top(): PickleValue {
    const value = this.#pop();
    this.push(value);
    return value;
  }

  /** Drops the last value, or the last mark where nothing lies above it. */
  drop(): void {
    if (this.#stack.length === 0) this.sinceMark();
    else this.#pop();
  }

  mark(): void {
    this.#below.push(this.#stack);
    this.#stack = [];
  }

  /** The values since the last mark, which goes with them. */
  sinceMark(): readonly PickleValue[] {
    const values = this.#stack;
    const below = this.#below.pop();
    if (below === undefined)
      throw this.#reader.damaged('is damaged: a mark of its stack is missing');
    this.#stack = below;
    return values;
  }

  last(count: number): readonly PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  remember(index: number): void {
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.remember(this.#memo.size);
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#reader.damaged(`is damaged: value ${index} is missing`);
    this.push(value);
  }

  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.#reader.damaged('is damaged: it appends to no list');
    for (const value of values) list.push(value);
  }

  setItems(items: readonly PickleValue[]): void {
    const map = this.top();
    if (!(map instanceof Map)) throw this.#reader.damaged('is damaged: it fills no dictionary');
    if (items.length % 2 === 1) throw this.#reader.damaged('is damaged: a key has no value');
    for (let i = 0; i < items.length; i += 2) map.set(items[i]!, items[i + 1]!);
  }

  global(module: string, name: string): void {
    const value = this.#names.global(module, name);
    if (value === undefined) throw this.#reader.refused(`${module}.${name}`);
    this.push(value);
  }

  stackGlobal(): void {
    const [module, name] = this.last(2);
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw this.#reader.damaged('is damaged: the name of a Python object is no text');
    }
    this.global(module, name);
  }

  call(): void {
    const [callee, parameters] = this.last(2);
    const value = Array.isArray(parameters)
      ? this.#names.call(callee!, parameters, this.#reader.charge)
      : undefined;
    if (value === undefined) throw this.#reader.damaged(`is damaged: ${describe(callee!)}`);
    this.push(value);
  }

  /** The attributes of a dictionary, such as a state dict's versions, say nothing of its values. */
  build(): void {
    const [owner] = this.last(2);
    this.push(owner!);
    if (!(owner instanceof Map)) throw this.#reader.damaged('gives attributes to a plain value');
  }

  persistent(): void {
    const value = this.#names.persistent(this.#pop());
    if (value === undefined) {
      throw this.#reader.damaged('is damaged: it names no storage where it should');
    }
    this.push(value);
  }
}

const describe = (callee: PickleValue): string =>
  callee !== null && typeof callee === 'object' && 'object' in callee
    ? `the arguments of ${callee.object} do not fit`
    : 'it calls what cannot be called';

type Instruction = (machine: Machine, reader: PickleReader) => void;

const pushed =
  (read: (reader: PickleReader) => PickleValue): Instruction =>
  (machine, reader) =>
    machine.push(read(reader));

const uint8 = (reader: PickleReader): number => reader.take(1).getUint8(0);
const uint16 = (reader: PickleReader): number => reader.take(2).getUint16(0, true);
const uint32 = (reader: PickleReader): number => reader.take(4).getUint32(0, true);
const uint64 = (reader: PickleReader): number => Number(reader.take(8).getBigUint64(0, true));

/** An integer of any length: two's complement, the lowest byte first. */
function long(reader: PickleReader, length: number): PickleValue {
  if (length > 255) throw reader.damaged('has a number of more than 255 bytes');
  const bytes = reader.take(length);
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes.getUint8(i));
  const signed = BigInt.asIntN(8 * length, value);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
}

function numberIn(reader: PickleReader, pattern: RegExp): number {
  const text = reader.line();
  if (!pattern.test(text)) throw reader.damaged(`has "${text.slice(0, 40)}" in place of a number`);
  return Number(text.replace(/L$/, ''));
}

function oldText(reader: PickleReader): string {
  const quoted = reader.line();
  if (/^(['"]).*\1$/s.test(quoted)) return quoted.slice(1, -1);
  throw reader.damaged('has a text without quotes');
}

/** Sets are refused like any other kind of value, since no table of tensors has them. */
const instructions: ReadonlyMap<number, Instruction> = new Map<number, Instruction>([
  // What the file is: protocol and length of a frame.
  [0x80, (_, reader) => void reader.take(1)],
  [0x95, (_, reader) => void reader.take(8)],
  // Constants.
  [0x4e, pushed(() => null)],
  [0x88, pushed(() => true)],
  [0x89, pushed(() => false)],
  [0x4a, pushed((reader) => reader.take(4).getInt32(0, true))],
  [0x4b, pushed(uint8)],
  [0x4d, pushed(uint16)],
  [0x8a, pushed((reader) => long(reader, uint8(reader)))],
  [0x8b, pushed((reader) => long(reader, uint32(reader)))],
  [0x47, pushed((reader) => reader.take(8).getFloat64(0))],
  [0x49, pushed((reader) => numberIn(reader, /^-?\d+$/))],
  [0x4c, pushed((reader) => numberIn(reader, /^-?\d+L?$/))],
  [0x46, pushed((reader) => numberIn(reader, /^[-+\d.einfa]+$/))],
  // Texts and bytes.
  [0x53, pushed(oldText)],
  [0x56, pushed((reader) => reader.line())],
  [0x54, pushed((reader) => reader.text(uint32(reader)))],
  [0x55, pushed((reader) => reader.text(uint8(reader)))],
  [0x42, pushed((reader) => reader.text(uint32(reader)))],
  [0x43, pushed((reader) => reader.text(uint8(reader)))],
  [0x8e, pushed((reader) => reader.text(uint64(reader)))],
  [0x58, pushed((reader) => reader.text(uint32(reader)))],
  [0x8c, pushed((reader) => reader.text(uint8(reader)))],
  [0x8d, pushed((reader) => reader.text(uint64(reader)))],
  // Lists, tuples and dictionaries.
  [0x5d, pushed(() => [])],
  [0x29, pushed(() => [])],
  [0x7d, pushed(() => new Map())],
  [0x28, (machine) => machine.mark()],
  [0x6c, (machine) => machine.push([...machine.sinceMark()])],
  [0x74, (machine) => machine.push([...machine.sinceMark()])],
  [0x85, (machine) => machine.push(machine.last(1))],
  [0x86, (machine) => machine.push(machine.last(2))],
  [0x87, (machine) => machine.push(machine.last(3))],
  [
    0x64,
    (machine) => {
      const items = machine.sinceMark();
      machine.push(new Map());
      machine.setItems(items);
    },
  ],
  [0x61, (machine) => machine.append(machine.last(1))],
  [0x65, (machine) => machine.append(machine.sinceMark())],
  [0x73, (machine) => machine.setItems(machine.last(2))],
  [0x75, (machine) => machine.setItems(machine.sinceMark())],
  // The stack and the memo.
  [0x30, (machine) => machine.drop()],
  [0x31, (machine) => void machine.sinceMark()],
  [0x32, (machine) => machine.push(machine.top())],
  [0x67, (machine, reader) => machine.recall(numberIn(reader, /^\d+$/))],
  [0x68, (machine, reader) => machine.recall(uint8(reader))],
  [0x6a, (machine, reader) => machine.recall(uint32(reader))],
  [0x70, (machine, reader) => machine.remember(numberIn(reader, /^\d+$/))],
  [0x71, (machine, reader) => machine.remember(uint8(reader))],
  [0x72, (machine, reader) => machine.remember(uint32(reader))],
  [0x94, (machine) => machine.memoize()],
  // Names of Python, and what is made of them.
  [0x63, (machine, reader) => machine.global(reader.line(), reader.line())],
  [0x93, (machine) => machine.stackGlobal()],
  [0x52, (machine) => machine.call()],
  [0x81, (machine) => machine.call()],
  [0x62, (machine) => machine.build()],
  [0x51, (machine) => machine.persistent()],
]);
