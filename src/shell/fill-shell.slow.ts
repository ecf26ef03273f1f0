import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { bothShells } from '../../test/support/both-shells.ts';
import { fillShell } from './fill-shell.ts';
import { findPlaceholders } from './placeholders.ts';

const folder = mkdtempSync(join(tmpdir(), 'fill-shell-'));
after(() => rmSync(folder, { recursive: true }));

const shells = bothShells(folder);

/**
 * What each of the shells prints for a script: texts that a NUL character ends. It must leave no
 * file.
 */
function printed(script: string, by = shells): ReadonlyMap<string, readonly string[]> {
  const cwd = join(folder, 'cwd');
  rmSync(cwd, { recursive: true, force: true });
  mkdirSync(cwd);
  const outputs = by.map(({ name, path }) => {
    const env = { PATH: path, LC_ALL: 'C.UTF-8' };
    const { stdout, stderr, status } = spawnSync('sh', ['-e'], {
      cwd,
      env,
      input: script,
      encoding: 'utf8',
    });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, `${name} of\n${script}`);
    return [name, stdout.split('\0').slice(0, -1)] as const;
  });
  assert.deepEqual(readdirSync(cwd), [], script);
  return new Map(outputs);
}

const fill = (text: string, ...values: readonly string[]) => fillShell(text, () => values);

/**
 * Shell text in which `@` is the placeholder and `$:` stands for `${`, since both are JavaScript's
 * too.
 */
const shell = (strings: TemplateStringsArray) =>
  String.raw(strings).replaceAll('$:', '${').replaceAll('@', '${params.z}');

/** What stands in a text, and what a program must get of the value there. */
const contexts: readonly (readonly [
  text: string,
  expected: (value: string) => readonly string[],
])[] = [
  [shell`printf '%s\0' @ a@b`, (z) => [z, `a${z}b`]],
  [
    shell`printf '%s\0' "@" "a  @ \"b\"" 'a  @ $b' "it's "'@'@`,
    (z) => [z, `a  ${z} "b"`, `a  ${z} $b`, `it's ${z}${z}`],
  ],
  [shell`x=1; printf '%s\0' "$x@" $x@ "$@" $@`, (z) => [`1${z}`, `1${z}`, `$${z}`, `$${z}`]],
  [shell`printf '%s\0' \@ "\@" \\@`, (z) => ['${params.z}', '${params.z}', `\\${z}`]],
  [`# it's \${params.z}\n${shell`printf '%s\0' a#@ # "@`}`, (z) => [`a#${z}`]],
  [shell`v=@; w="a @"; printf '%s\0' "$v" "$w"`, (z) => [z, `a ${z}`]],
  [
    shell`printf '%s\0' "$(printf '%s.' "@")" "$(printf '%s' "$(printf '%s.' @'@')")"`,
    (z) => [`${z}.`, `${z}${z}.`],
  ],
  [shell`printf '%s\0' "$( (printf '%s.' @) )"`, (z) => [`${z}.`]],
  [shell`printf '%s\0' "$(case x in (y) ;; x) printf '%s.' @;; esac)" "@"`, (z) => [`${z}.`, z]],
  [shell`printf '%s\0' "$(case x in esac; printf '%s.' "@")" "@"`, (z) => [`${z}.`, z]],
  [shell`printf '%s\0' $:nope:-@} "$:nope:-@}" "$:nope-it's @ }"`, (z) => [z, z, `it's ${z} `]],
  [shell`printf '%s\0' "$:nope:->@}"`, (z) => [`>${z}`]],
  [shell`v=@; printf '%s\0' "$:v#@}" $:v%@}$:v%'@'}. "$:v##"@"}"`, () => ['', '.', '']],
  [shell`case @ in @) printf 'same\0';; *) printf 'other\0';; esac`, () => ['same']],
  [shell`case "@" in '@') printf 'same\0';; *) printf 'other\0';; esac`, () => ['same']],
  [shell`if [ "@" = '@' ]; then printf '%s\0' @; fi`, (z) => [z]],
  [shell`f() { printf '%s\0' "$1"; }; for v in @ 1; do f "$v"; f '@'; done`, (z) => [z, z, '1', z]],
  [shell`{ printf '%s\0' @ | cat; } 2>/dev/null; (printf '%s\0' "@") 2>&1`, (z) => [z, z]],
  [
    `cat <<E_O_F\n${shell`@ "@" '$:nope:-@}' $(printf '%s.' @)`}\nE_O_F\nprintf '\\0'`,
    (z) => [`${z} "${z}" '${z}' ${z}.\n`],
  ],
  [
    `cat <<-E_O_F; ${shell`printf '\0%s\0' @`}\n\t${shell`a \@ $:nope:-b}`}\n\tE_O_F`,
    (z) => ['a ${params.z} b\n', z],
  ],
  [`cat <<A; cat <<'B B'; printf '\\0'\n${shell`$x@`}\nA\nB B`, (z) => [`1${z}\n`]],
  [shell`sh -c 'printf "%s\0" "$1"' sh @; sh -c 'printf "%s\0" "$1"' "sh" "@"`, (z) => [z, z]],
  [shell`v='@'; eval 'printf "%s\0" "$v"'`, (z) => [z]],
  [`sh -s -- \${params.z} <<'E_O_F'\nprintf '%s\\0' "$1"\nE_O_F`, (z) => [z]],
  [shell`printf '%s\0' @ | xargs -0 -n 1 printf '%s\0'`, (z) => [z]],
  [
    shell`printf '%s\0' $((1 + $(printf %s 2))) "@" $((3)) $( (echo 1); echo 2) '@'`,
    (z) => ['3', z, '3', '1', '2', z],
  ],
];

/** The same where the shell gives no way to quote: all of a here-document whose word is quoted. */
const literalContexts: typeof contexts = [
  [`cat <<'E_O_F'\n${shell`$(a @ "`}\nE_O_F\nprintf '\\0'`, (z) => [`$(a ${z} "\n`]],
  [`cat <<"E_O_F"; printf '\\0'\n${shell`@`}\nE_O_F\n`, (z) => [`${z}\n`]],
];

/** The same in what only bash reads. */
const bashContexts: typeof contexts = [
  [shell`if [[ @ == "@" && '@' == @ ]]; then printf '%s\0' @; fi`, (z) => [z]],
  [shell`a=(1 @ "@"); printf '%s\0' "$:a[*]}"`, (z) => [`1 ${z} ${z}`]],
  [
    shell`v=@; w=$:v/@/x}$:v//'@'/@}$:v/"@"/"@"}; printf '%s\0' "$w"`,
    (z) => [z === '' ? '' : `x${z}${z}`],
  ],
  [
    shell`cat <<< "@" && printf '\0'; cat <(printf '%s\0' @); printf '%s\0' "$:nope:-@}"`,
    (z) => [`${z}\n`, z, z],
  ],
  [
    shell`function f { printf '%s\0' "$1" $"@"; }; f @; true @ &> /dev/null; [[ a =~ ^(a|b)$ ]] && printf '%s\0' "@"`,
    (z) => [z, z, z],
  ],
];

/** Commands that run a here-document as code. */
const inputContexts = [
  'sh - <<E_O_F',
  'sh /dev/stdin <<E_O_F',
  'sh -e /dev/fd/0 <<E_O_F',
  'sh -- /proc/self/fd/0 <<E_O_F',
  '<<E_O_F sh',
  '. /dev/stdin <<E_O_F',
  'command . /dev/stdin <<E_O_F',
  'x=/dev/stdin; sh "$x" <<E_O_F',
  '{ sh; } <<E_O_F',
  '(sh) <<E_O_F',
  'if true; then sh; fi <<E_O_F',
  'for v in 1; do sh; done <<E_O_F',
  'f() { sh; }; f <<E_O_F',
  'env X=1 sh <<E_O_F',
  'xargs -0 sh -c <<E_O_F',
  'timeout 9 sh -s <<E_O_F',
];
/** Commands that read it as data. */
const readContexts = [
  'cat <<E_O_F',
  '/bin/cat <<E_O_F',
  'env X=1 cat <<E_O_F',
  'timeout 9 cat <<E_O_F',
  'X=1 cat - <<E_O_F',
  '{ cat; } <<E_O_F',
  '(cat) <<E_O_F',
  'while cat; do break; done <<E_O_F',
  'if cat; then :; fi <<E_O_F',
  'sed -n p <<E_O_F',
  "python3 -c 'import sys; print(end=sys.stdin.read())' <<E_O_F",
];

/** Where a value would be code. */
const codeContexts = [
  shell`sh -c "printf '%s\0' @"`,
  shell`sh -c 'printf "%s\0" @'`,
  shell`sh -ec "printf '%s\0' @"`,
  shell`env X=1 /bin/sh -e -u -c "printf '%s\0' '@'"`,
  shell`echo 1 | xargs sh -c "printf '%s\0' @"`,
  shell`if true; then sh -c printf\ '%s\\0'\ @; fi`,
  shell`"sh" -o noglob -c "printf '%s\0' \"@\""`,
  shell`eval "printf '%s\0' @"`,
  shell`eval printf "'%s\0'" @`,
  shell`(trap "printf '%s\0' @" EXIT)`,
  `sh <<E_O_F\n${shell`printf '%s\0' @`}\nE_O_F`,
  `sh -s <<'E_O_F'\n${shell`printf '%s\0' @`}\nE_O_F`,
  ...inputContexts.map((open) => `${open}\n${shell`printf '%s\0' @`}\nE_O_F`),
  'printf "%s\\0" `printf %s ${params.z}`',
  'printf "%s\\0" "`printf %s ${params.z}`"',
  shell`printf '%s\0' "$(sh -c "printf %s @")"`,
];
const numberContexts = [
  shell`printf '%s\0' $((@))`,
  shell`printf '%s\0' "$(( (1 + 1) * @ - @))"`,
  shell`x=$((0 + @)); printf '%s\0' "$x"`,
  `cat <<E_O_F\n${shell`$((@ + 0))`}\nE_O_F\nprintf '\\0'`,
];
/** Texts for bash alone, or for programs that are not there. */
const furtherContexts = [
  shell`let "x=@"`,
  shell`((x = @))`,
  shell`echo $[@]`,
  shell`a[@]=1`,
  shell`echo "$:a[@]}"`,
  shell`echo $:x:@}`,
  shell`[[ @ -gt 3 ]]`,
  shell`[[ 1 -lt 2 && "x" -ne "@" ]]`,
  shell`[[ a || ( b -eq '@' ) ]]`,
  shell`sh <<< "@"`,
  shell`echo $'@'`,
  shell`bash -lc "@"`,
  shell`ssh -p 1 host "ls @"`,
  shell`sudo eval @`,
  shell`2>&1 eval @`,
  shell`find . -exec sh -c "echo @" \;`,
  shell`echo "$:x:-"@"}"`,
  shell`echo "$:x/"@"/@}" "$:x/'@'}"`,
  shell`"$SHELL" -c "@"`,
  ...[
    'sudo -s',
    'su -',
    'at now',
    'sbatch',
    'docker exec -i c sh',
    'sudo -u cat',
    './run',
    'sh run.sh',
    '$e',
    'source /dev/stdin',
    'exec',
  ].map((open) => `${open} <<A\n${shell`@`}\nA`),
  shell`<<< "@" sh`,
  shell`mytool <<< "@"`,
  shell`sh - <<< "@"`,
  shell`su user -c "@"`,
  shell`watch "ls @"`,
  shell`flock f -c "ls @"`,
  shell`flock -w 5 f -c "ls @"`,
  shell`env -S "sh -c '@'"`,
  shell`script -c "ls @" f`,
  "cat <<A\n$(cat <<'B'\n${params.z}\nB\n)\nA",
];

const hostile = [
  '$(touch PWNED)',
  '`touch PWNED`',
  "'; touch PWNED; '",
  '"; touch PWNED; "',
  '\n',
  '\ntouch PWNED\n',
  'a[$(touch PWNED)]',
];
const awkward = [
  '${inputs.x}',
  '${params.z}',
  '$HOME',
  '$',
  '*',
  '?',
  '[a]',
  '~',
  '!',
  '!!',
  '\\',
  '\\n',
  "'",
  '"',
  '`',
  '}',
  ')',
  '(',
  '#',
  '&',
  '|',
  ';',
  '<',
  '>',
  '<(',
  '>(',
];
const plain = [
  ' ',
  '\t',
  '-n',
  '--',
  'x=1',
  'EOF',
  'esac',
  'é',
  '日本',
  '\u0081\u0088',
  '\u{1F600}',
  '%s',
  '%',
  '0',
  '1 2',
  'a',
  'b c',
  '',
];
const values = fc
  .array(fc.constantFrom(...hostile, ...awkward, ...plain), { maxLength: 5 })
  .map((parts) => parts.join(''));

test('a program gets exactly the value wherever the placeholder stands, and nothing in it is run', () => {
  const all = [...contexts, ...literalContexts];
  const checks = (value: string) => {
    const first = fill(contexts.map(([text]) => text).join('\n'), value);
    const second = fill(first.text, 'filled again');
    const literal = fill(literalContexts.map(([text]) => text).join('\n'), value);
    assert.deepEqual([first.unfit, literal.unfit], [[], []]);
    assert.equal(second.text, first.text);
    for (const [shell, output] of printed(`${first.text}\n${literal.text}`)) {
      assert.deepEqual(
        output,
        all.flatMap(([, expected]) => expected(value)),
        shell,
      );
    }
  };
  for (const value of [...hostile, ...awkward, ...plain]) checks(value);
  fc.assert(fc.property(values, checks), { numRuns: 12, seed: 1 });
});

test('the same holds within substitutions and here-documents, in one another', () => {
  const within: readonly ((text: string, depth: number) => string)[] = [
    (text) => `printf '%s' "$({ ${text}\n} | tr '\\0' '\\1')" | tr '\\1' '\\0'`,
    (text) =>
      `printf '%s' "$(case a in b) ;; a) { ${text}\n} | tr '\\0' '\\1' ;; esac)" | tr '\\1' '\\0'`,
    (text) => `v=$( (${text}\n) | tr '\\0' '\\1'); printf '%s' "$v" | tr '\\1' '\\0'`,
    (text) => `printf '%s' "\${nope:-$({ ${text}\n} | tr '\\0' '\\1')}" | tr '\\1' '\\0'`,
    (text, depth) =>
      `{ tr '\\1' '\\0' | sed -z '$d'; } <<E__${depth}\n$({ ${text}\n} | tr '\\0' '\\1')\nE__${depth}`,
  ];
  const nested = fc.array(fc.constantFrom(...within), { minLength: 1, maxLength: 3 });
  const checks = (
    value: string,
    [text, expected]: (typeof contexts)[number],
    around: typeof within,
  ) => {
    const whole = around.reduce((inner, wrap, depth) => wrap(inner, depth), `x=1; ${text}`);
    const { text: filled, unfit } = fill(whole, value);
    assert.deepEqual(unfit, []);
    for (const [shell, output] of printed(filled))
      assert.deepEqual(output, expected(value), `${shell} of\n${filled}`);
  };
  fc.assert(fc.property(values, fc.constantFrom(...contexts), nested, checks), {
    numRuns: 60,
    seed: 1,
  });
});

test('the same holds for what only bash reads', () => {
  const bash = shells.filter(({ name }) => name === 'bash');
  const checks = (value: string) => {
    const { text, unfit } = fill(bashContexts.map(([text]) => text).join('\n'), value);
    assert.deepEqual(unfit, []);
    for (const output of printed(text, bash).values()) {
      assert.deepEqual(
        output,
        bashContexts.flatMap(([, expected]) => expected(value)),
      );
    }
  };
  for (const value of [...hostile, ...awkward, ...plain]) checks(value);
  fc.assert(fc.property(values, checks), { numRuns: 12, seed: 1 });
});

test('a value that could be code is refused where the shell would read it as code', () => {
  const isPlain = (value: string) => /^[\w@%+:,./-]*$/.test(value);
  const refused = fc.property(
    values.filter((value) => !isPlain(value)),
    (value) => {
      for (const text of [...codeContexts, ...numberContexts, ...furtherContexts]) {
        const count = findPlaceholders(text).length;
        assert.equal(fill(text, value).unfit.length, count, `${text} of ${JSON.stringify(value)}`);
        assert.ok(count > 0);
      }
    },
  );
  fc.assert(refused, { numRuns: 200, seed: 1 });
});

test('a plain word stands as it is in code, and a number in arithmetic', () => {
  for (const value of ['data/faces-1.0/a_b:c.jpg', '10']) {
    const { text, unfit } = fill(codeContexts.join('\n'), value);
    assert.deepEqual(unfit, []);
    for (const output of printed(text).values())
      assert.deepEqual(
        output,
        codeContexts.map(() => value),
      );
  }
  for (const value of ['10', '-3']) {
    const { text, unfit } = fill(numberContexts.join('\n'), value);
    assert.deepEqual(unfit, []);
    for (const output of printed(text).values())
      assert.deepEqual(output, [value, value, value, `${value}\n`]);
  }
  assert.equal(fill('echo $(( ${params.z} ))', 'PATH').unfit.length, 1);
});

test('a program that only reads its input gets any value in a here-document', () => {
  for (const value of [...hostile.filter((text) => !text.includes('\n')), awkward.join('')]) {
    const { text, unfit } = fill(
      readContexts.map((open) => `${open}\n\${params.z}\nE_O_F\nprintf '\\0'`).join('\n'),
      value,
    );
    assert.deepEqual(unfit, []);
    for (const [name, output] of printed(text)) {
      assert.deepEqual(
        output,
        readContexts.map(() => `${value}\n`),
        name,
      );
    }
  }
  for (const text of ['flock f ls ${params.z}', 'flock f ls "${params.z}"']) {
    assert.deepEqual(fill(text, 'two words').unfit, [], text);
  }
});

test('the words of a list are words of their own outside quotes, and one text in quotes', () => {
  const list = ['a b', "c'd", '*'];
  const text = `printf '%s\\0' \${params.z} "\${params.z}" '\${params.z}.'; v=\${params.z}; printf '%s\\0' "$v" \${params.z}e\ncat <<E\n\${params.z}\nE\nprintf '\\0'`;
  for (const output of printed(fill(text, ...list).text).values()) {
    assert.deepEqual(output, [
      ...list,
      "a b c'd *",
      "a b c'd *.",
      "a b c'd *",
      ...list.slice(0, -1),
      '*e',
      "a b c'd *\n",
    ]);
  }
});

test('a plain value leaves the text as one would write it', () => {
  const filled = (text: string, value: string) => fill(text, value).text;
  assert.equal(
    filled('head -n ${params.z} "f${params.z}" | tail', '10'),
    'head -n 10 "f10" | tail',
  );
  assert.equal(filled('echo "name: ${params.z}"', 'a b'), 'echo "name: a b"');
  assert.equal(filled('echo ${params.z}>out', '2'), "echo '2'>out");
  assert.equal(filled('echo "$x${params.z}"', '2'), 'echo "${x}2"');
  assert.equal(
    filled('echo "${params.z}"', '$5'),
    'echo "\'$5\'"'.replace('"\'', '""\'').replace('\'"', '\'""'),
  );
  assert.equal(filled('echo 1', '2'), 'echo 1');
});

test('a value that a here-document cannot hold is refused', () => {
  const messages = (text: string, value: string) =>
    fill(text, value).unfit.map(({ message, hint }) => `${message}. ${hint}`);
  const ends = ['The value of "${params.z}" ends the here-document. Choose another word than EOF.'];
  assert.deepEqual(messages("cat <<'EOF'\n${params.z}\nEOF", 'a\nEOF\ntouch PWNED'), ends);
  assert.deepEqual(messages('cat <<EOF\n${params.z}\nEOF', 'EOF'), ends);
  assert.deepEqual(messages('cat <<-EOF\n\tEO${params.z}\nEOF', 'F\na'), ends);
  assert.deepEqual(messages('cat <<EOF\na ${params.z}\nEOF', 'EOF'), []);
  const tabs = [
    '"<<-" removes tabs from the value of "${params.z}". Write "<<", and no tabs before its lines.',
  ];
  assert.deepEqual(messages('cat <<-EOF\n\t${params.z}\nEOF', '\ta'), tabs);
  assert.deepEqual(messages('cat <<-EOF\n\ta ${params.z}\nEOF', 'a\n\tb'), tabs);
  assert.deepEqual(messages('cat <<-EOF\n\ta ${params.z}\nEOF', '\ta'), []);
});

test('a refusal says what to write instead', () => {
  const messagesFor = (text: string, value = 'a b') =>
    fill(text, value).unfit.map(({ message, hint }) => `${message}. ${hint}`);
  const word = 'and "a b" is not a plain word.';
  assert.deepEqual(messagesFor('bash -c "wc ${params.z}"'), [
    `"\${params.z}" is inside code for bash, ${word} Pass it as an argument: bash -c '… "$1" …' bash \${params.z}`,
  ]);
  assert.deepEqual(messagesFor('eval "wc ${params.z}"'), [
    `"\${params.z}" is inside code for eval, ${word} Assign it to a variable first: v=\${params.z}; eval '… "$v" …'`,
  ]);
  assert.deepEqual(messagesFor('mytool <<E\n${params.z}\nE'), [
    `"\${params.z}" is in the input of mytool, which may run it as code, ${word} If mytool only reads its input, write it through cat: cat << E | mytool`,
  ]);
  assert.deepEqual(messagesFor('. /dev/stdin <<E\n${params.z}\nE'), [
    `"\${params.z}" is inside code for ., ${word} Assign it to a variable first: v=\${params.z}, and write "$v" there`,
  ]);
  assert.deepEqual(messagesFor('ssh host "wc ${params.z}"'), [
    `"\${params.z}" is inside code for ssh, ${word} Only letters, digits and _ @ % + : , . / - are allowed there.`,
  ]);
  assert.deepEqual(messagesFor('echo `wc ${params.z}`'), [
    `"\${params.z}" is inside code for \`…\`, ${word} Write $(…) instead of the backquotes.`,
  ]);
  assert.deepEqual(messagesFor("echo $'${params.z}'"), [
    `"\${params.z}" is inside code for $'…', ${word} Close the quotes before it, and open them again after it: $'…'\${params.z}$'…'`,
  ]);
  assert.deepEqual(messagesFor('echo "${x:-"${params.z}"}"'), [
    `"\${params.z}" is inside code for "\${…}", ${word} Assign it to a variable first: v=\${params.z}`,
  ]);
  assert.deepEqual(messagesFor('echo $((${params.z} + 1))'), [
    '"${params.z}" is inside arithmetic, and "a b" is not a number. Only a number is allowed there.',
  ]);
});

test('text that no shell would accept is read to its end, however deep', () => {
  for (const part of [
    '$((',
    '((',
    '$(',
    '"$(',
    '${x:-',
    "'",
    '`',
    '[[ ',
    '<(',
    '<<',
    '$[',
    ')',
    'case x in ',
    "$'",
  ]) {
    const placeholders = findPlaceholders(`${part.repeat(1000)}\${params.z}${part.repeat(1000)}`);
    assert.ok(placeholders.length <= 1);
  }
});
