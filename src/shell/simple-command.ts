/** The beginning of an assignment: `name=`, `name[0]=` or `name+=`. */
export const assignment = /^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/;

/** A simple command while its words are read: its name, and whether the next word or the standard input is code. */
export class SimpleCommand {
  name: string | undefined;
  #program = '';
  /** What may come next: an option of a shell, the value of one, the code after `-c`, only input; code in every word; no code. */
  #next: 'anything' | 'option' | 'value' | 'code' | 'input' | 'only code' | 'arguments' = 'anything';

  /** The program that runs the next word as code; undefined where the word is only an argument. */
  get wordIsFor(): string | undefined {
    return this.#next === 'code' || this.#next === 'only code' ? this.#program : undefined;
  }

  /** The program that runs its standard input as code; undefined for one that only reads it. */
  get inputIsFor(): string | undefined {
    const isShell = this.#next === 'option' || this.#next === 'input';
    return isShell || (this.#next === 'only code' && this.#program === 'ssh') ? this.#program : undefined;
  }

  add(word: string): void {
    if (this.name === undefined) {
      if (/^([!{}]|if|then|elif|else|fi|while|until|do|done|esac|time)$/.test(word) || assignment.test(word)) return;
      this.name = word;
    }
    if (this.#next === 'anything') this.#begin(word);
    else if (this.#next === 'value') this.#next = 'option';
    else if (this.#next === 'option') this.#next = afterOption(word);
    else if (this.#next === 'code' && !/^[-+]/.test(word)) this.#next = 'arguments';
    else if (this.#next === 'arguments' && /^[;+]$/.test(word)) this.#next = 'anything'; // the end of `find -exec`
  }

  /** A shell may be an argument of anything, such as `xargs`; the others are the command, or the one that it begins. */
  #begin(word: string): void {
    this.#program = word.replace(/^.*\//, '');
    if (/^((ba|da|k|mk|z)?sh|\$\{?(SHELL|BASH)\}?)$/.test(this.#program)) this.#next = 'option';
    else if (/^(eval|trap|alias|let|unset|read|ssh)$/.test(this.#program) && this.#isCommand(word))
      this.#next = 'only code';
  }

  #isCommand(word: string): boolean {
    return word === this.name || /^(sudo|env|timeout|nice|nohup|command|builtin|exec|xargs)$/.test(this.name!);
  }
}

function afterOption(word: string): 'option' | 'value' | 'code' | 'input' | 'arguments' {
  if (/^-\w*c/.test(word)) return 'code';
  if (/^-\w*s/.test(word)) return 'input';
  if (/^[-+]\w*[oO]$|^--(rcfile|init-file)$/.test(word)) return 'value';
  return /^[-+]./.test(word) ? 'option' : 'arguments';
}
