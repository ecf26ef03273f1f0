/** The beginning of an assignment: `name=`, `name[0]=` or `name+=`. */
export const assignment = /^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/;

const keyword = /^([!{}]|if|then|elif|else|fi|while|until|do|done|esac|time)$/;
const shell = /^((ba|da|k|mk|z)?sh|\$\{?(SHELL|BASH)\}?)$/;
/** Programs whose every word may be code for a shell. */
const evaluates = /^(eval|trap|alias|let|unset|read|ssh|su|runuser|sg|watch|parallel|script)$/;
/** Programs that begin another command. */
const wrapper = /^(sudo|env|timeout|nice|nohup|command|builtin|exec|xargs)$/;

/** Options of programs whose value is code. */
const codeOptions: ReadonlyMap<string, RegExp> = new Map([
  ['flock', /^-\w*c$|^--command$/],
  ['env', /^-\w*S$|^--split-string$/],
]);

/**
 * Programs that take their standard input for data, or for code of another language. Any other one
 * may give it to a shell, as `sbatch`, `at`, `sudo -s` and `docker exec` do, so it counts as code.
 */
const readsInput: ReadonlySet<string> = new Set(
  [
    'cat tee dd head tail tac rev split csplit tr cut paste join column fold fmt pr nl expand unexpand comm cmp diff',
    'grep egrep fgrep sed awk gawk mawk nawk sort uniq shuf wc cksum sum md5sum sha1sum sha224sum sha256sum sha384sum',
    'sha512sum b2sum base32 base64 od xxd hexdump strings iconv gzip bzip2 xz zstd jq yq xmllint curl read mapfile',
    'readarray : true false echo printf test [ python perl ruby node Rscript R julia octave lua php bc dc sqlite3 psql',
    'mysql dot gnuplot pandoc patch column convert magick ffmpeg',
  ].flatMap((line) => line.split(' ')),
);

/**
 * What a program's standard input is, where it is no data: code that a named shell reads, or nobody
 * knows.
 */
export interface InputCode {
  readonly program: string;
  readonly isShell: boolean;
}

/**
 * A simple command while its words are read: its name, and whether the next word or the standard
 * input is code.
 */
export class SimpleCommand {
  name: string | undefined;
  /** Whether its standard input is another one than that of the commands around it. */
  hasOwnInput = false;
  #program = '';
  /**
   * The command that the words of a {@link wrapper} begin, as long as no option makes that
   * uncertain.
   */
  #wrapped: string | undefined;
  /**
   * What may come next: an option of a shell, the value of one, the code after `-c`, only input;
   * code in every word; no code.
   */
  #next: 'anything' | 'option' | 'value' | 'code' | 'input' | 'file' | 'only code' | 'arguments' =
    'anything';
  /** Whether it only ends a compound command, whose redirections follow. */
  endsCompound: boolean;

  constructor(endsCompound = false) {
    this.endsCompound = endsCompound;
  }

  /** The program that runs the next word as code; undefined where the word is only an argument. */
  get wordIsFor(): string | undefined {
    return this.#next === 'code' || this.#next === 'only code' ? this.#program : undefined;
  }

  /** The program that may run its standard input as code; undefined for one that only reads it. */
  get inputIsFor(): InputCode | undefined {
    if (this.#next === 'option' || this.#next === 'input' || this.#next === 'file') {
      return { program: this.#program, isShell: true };
    }
    if (this.name === undefined) return undefined;
    const program = baseName(this.#wrapped ?? this.name);
    return readsInput.has(program) || /^python[\d.]*$/.test(program)
      ? undefined
      : { program, isShell: false };
  }

  add(word: string): void {
    if (this.name === undefined) {
      if (keyword.test(word) || assignment.test(word)) {
        this.endsCompound = /^(\}|fi|done|esac)$/.test(word);
        return;
      }
      this.name = word;
    } else if (this.#wrapped === undefined && wrapper.test(baseName(this.name))) this.#wrap(word);
    const program = [this.name, this.#wrapped ?? '']
      .map(baseName)
      .find((name) => codeOptions.get(name)?.test(word));
    if (this.#next === 'anything' && program !== undefined) {
      this.#program = program;
      this.#next = 'code';
    } else if (this.#next === 'anything') this.#begin(word);
    else if (this.#next === 'value') this.#next = 'option';
    else if (this.#next === 'option') this.#next = afterOption(word);
    else if (this.#next === 'file') this.#next = isPlainFile(word) ? 'arguments' : 'input';
    else if (this.#next === 'code' && !/^[-+]/.test(word)) this.#next = 'arguments';
    // The end of `find -exec`.
    else if (this.#next === 'arguments' && /^[;+]$/.test(word)) this.#next = 'anything';
  }

  /**
   * Values before the command are assignments and numbers; after an option nobody knows where it
   * begins.
   */
  #wrap(word: string): void {
    if (!assignment.test(word) && !/^[\d.]+[smhd]?$/.test(word)) this.#wrapped = word;
  }

  /**
   * A shell may be an argument of anything, such as `xargs`; the others are the command, or the one
   * that it begins.
   */
  #begin(word: string): void {
    const program = baseName(word);
    if (shell.test(program)) this.#next = 'option';
    else if (/^(\.|source)$/.test(word) && this.#isCommand(word)) this.#next = 'file';
    else if (evaluates.test(program) && this.#isCommand(word)) this.#next = 'only code';
    else return;
    this.#program = program;
  }

  #isCommand(word: string): boolean {
    return word === this.name || wrapper.test(this.name!);
  }
}

const baseName = (word: string): string => word.replace(/^.*\//, '');

function afterOption(word: string): 'option' | 'value' | 'code' | 'input' | 'arguments' {
  if (/^-\w*c/.test(word)) return 'code';
  if (/^-\w*s/.test(word)) return 'input';
  if (/^[-+]\w*[oO]$|^--(rcfile|init-file)$/.test(word)) return 'value';
  if (/^[-+]./.test(word)) return 'option';
  return isPlainFile(word) ? 'arguments' : 'input';
}

/** Whether an operand of a shell certainly names a file, and not the standard input. */
const isPlainFile = (word: string): boolean =>
  /^[^-]/.test(word) && !/^\/(dev|proc)\/|[$`*?[]/.test(word);
