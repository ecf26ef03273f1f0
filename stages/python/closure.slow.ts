import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder, writeFiles } from '../../test/support/temporary-folder.ts';
import { noPython } from '../../test/support/venv.ts';

const closure = fileURLToPath(new URL('closure.py', import.meta.url));
const python = '/usr/bin/python3';

type Files = Readonly<Record<string, string>>;

/**
 * Files at two places for every search order to choose from: the module `net` beside the program
 * and in `libs`.
 */
const twins: Files = {
  'src/net.py': 'where = "src"\n',
  'libs/net.py': 'where = "libs"\n',
  'libs/only.py': 'import net\n',
};

/** Writes the modules of the project that this interpreter has loaded. */
const report = `
import os as _os, sys as _sys
_root = _sys.argv[1] + "/"
_files = {_os.path.normpath(str(getattr(module, "__file__", ""))) for module in list(_sys.modules.values())}
print(*sorted(file.removeprefix(_root) for file in _files if file.startswith(_root)), sep="\\n")
`;

interface Counted {
  readonly files: Readonly<Record<string, readonly [label: string, digest: string]>>;
  readonly packages: Readonly<Record<string, unknown>>;
  readonly absent: readonly (readonly [name: string, at: string, place: string | null])[];
  readonly warnings: readonly (readonly [at: string, what: string, isSeen: boolean])[];
  readonly isUnclear: boolean;
  readonly error: string | null;
}

const count = (root: string, env: NodeJS.ProcessEnv = {}, program = 'src/main.py'): Counted => {
  const options = { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } } as const;
  return JSON.parse(execFileSync(python, [closure, join(root, program), root], options)) as Counted;
};

/** The folder of a user's installed packages below a base: `lib/python3.13/site-packages`. */
const sitePackages = (base: string): string => {
  const env = { ...process.env, PYTHONUSERBASE: base };
  return execFileSync(python, ['-m', 'site', '--user-site'], { encoding: 'utf8', env }).trim();
};

/** An installed package of one module, which is a plug-in. */
const plugin = (version: string): Files => ({
  'plug.py': 'x = 1\n',
  'plug.dist-info/METADATA': `Metadata-Version: 2.1\nName: plug\nVersion: ${version}\n`,
  'plug.dist-info/entry_points.txt': '[my.plugins]\nfast = plug\n',
  'plug.dist-info/RECORD': 'plug.py,,\n',
});

const labels = ({ files }: Counted): readonly string[] =>
  Object.values(files)
    .map(([label]) => label)
    .sort();

/** Programs that change where Python looks, by what they do. */
const searches: Files = {
  'nothing changed': 'import net',
  'insert at the front': 'import sys\nsys.path.insert(0, "libs")\nimport net, only',
  'insert behind the folder of the program':
    'import sys\nsys.path.insert(1, "libs")\nimport net, only',
  'insert before the last': 'import sys\nsys.path.insert(-1, "libs")\nimport net, only',
  append: 'import sys\nsys.path.append("libs")\nimport net, only',
  extend: 'import sys\nsys.path.extend(["nowhere", "libs"])\nimport net, only',
  'augmented assignment': 'import sys\nsys.path += ["libs"]\nimport net, only',
  'a slice at the front': 'import sys\nsys.path[:0] = ["libs"]\nimport net, only',
  'the first element': 'import sys\nsys.path[0] = "libs"\nimport net, only',
  'assignment in front': 'import sys\nsys.path = ["libs"] + sys.path\nimport net, only',
  'assignment with a star': 'import sys\nsys.path = [*sys.path, "libs"]\nimport net, only',
  'the list by its own name': 'from sys import path\npath.insert(0, "libs")\nimport net, only',
  'the list by another name':
    'from sys import path as places\nplaces.append("libs")\nimport net, only',
  'the module by another name':
    'import sys as system\nsystem.path.insert(0, "libs")\nimport net, only',
  'a name for the list':
    'import sys\nplaces = sys.path\nplaces.insert(0, "libs")\nimport net, only',
  'removed again':
    'import sys\nsys.path.insert(0, "libs")\nimport only\nsys.path.remove("libs")\nimport net',
  'the folder of the program removed':
    'import sys\ndel sys.path[0]\nsys.path.append("libs")\nimport net',
  popped: 'import sys\nsys.path.pop(0)\nsys.path.append("libs")\nimport net',
  'a change after the import': 'import sys\nimport net\nsys.path.insert(0, "libs")\nimport only',
  'site.addsitedir': 'import site\nsite.addsitedir("libs")\nimport net, only',
  'beside the file': `import sys
from os.path import abspath, dirname, join
sys.path.insert(0, join(dirname(abspath(__file__)), "..", "libs"))
import net, only`,
  pathlib: `import sys
from pathlib import Path as P
HERE = P(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "libs"))
import net, only`,
  'a function': `import os, sys
def use(folder):
    path = os.path.join(os.getcwd(), folder)
    if path not in sys.path:
        sys.path.insert(0, path)
use("libs")
import net, only`,
  'a module that does it': 'import setup_paths\nimport net, only',
  'a function of a module': 'from setup_paths import use\nuse("libs")\nimport net, only',
  'an import in a function that runs last': `import sys
def main():
    import net, only
sys.path.insert(0, "libs")
main()`,
};

const more: Files = {
  'src/setup_paths.py':
    'import sys\n\ndef use(folder):\n    sys.path.insert(0, folder)\n\nuse("libs")\n',
};

const tools: Files = { 'tools/sub.py': 'import deep\n', 'tools/deep.py': 'x = 1\n' };

const inTools = 'import sys\nsys.path.append("tools")\n';

/** Programs that load `tools/sub.py`, named by a literal. */
const literal: Files = {
  'importlib by another name': `${inTools}import importlib as il\nil.import_module("sub")`,
  'import_module by another name': `${inTools}from importlib import import_module as im\nim("sub")`,
  'a name for import_module': `${inTools}import importlib\nload = importlib.import_module\nload("sub")`,
  'a name for the module': `${inTools}import importlib\nNAME = "sub"\nimportlib.import_module(NAME)`,
  __import__: `${inTools}__import__("sub")`,
  'a text that is run': `${inTools}exec("import sub")`,
  'a file that is run as text': `${inTools}exec(open("tools/sub.py").read())`,
  'a file that is compiled': `${inTools}FILE = "tools/sub.py"\nexec(compile(open(FILE, "rb").read(), FILE, "exec"))`,
  'a file that is open': `${inTools}with open("tools/sub.py") as file:\n    exec(file.read())`,
  'the text of a path': `${inTools}from pathlib import Path\nexec(Path("tools", "sub.py").read_text())`,
  runpy: `${inTools}import runpy\nrunpy.run_path("tools/sub.py")`,
  'runpy of a module': `${inTools}import runpy\nrunpy.run_module("sub")`,
  'a spec of a file': `${inTools}import importlib.util\nimportlib.util.spec_from_file_location("x", "tools/sub.py")`,
  'a target of Hydra': `${inTools}config = {"_target_": "sub.Net"}`,
  'a target of Hydra as an argument': `${inTools}config = dict(_target_="sub.Net")`,
  subprocess:
    'import subprocess, sys\nsubprocess.run([sys.executable, "tools/sub.py", "--fast"], check=True)',
  'subprocess by another name':
    'from subprocess import check_call as go\ngo(["python3", "-u", "tools/sub.py"])',
  'a command in a variable':
    'import subprocess, sys\ncmd = [sys.executable, "tools/sub.py"]\nsubprocess.Popen(cmd)',
  'a command with more words': `import subprocess, sys
more = sys.argv[1:]
subprocess.run([sys.executable, "tools/sub.py", *more] + ["--x"])`,
  'a text for the shell':
    'import subprocess\nsubprocess.run(f"python tools/sub.py --lr {1 + 1}", shell=True)',
  'os.system': 'import os\nos.system("OMP_NUM_THREADS=1 python3 tools/sub.py > log.txt")',
  'a launcher': 'import os\nos.system("torchrun --nproc-per-node 2 tools/sub.py")',
  'a program that takes its place':
    'import os, sys\nos.execv(sys.executable, [sys.executable, "tools/sub.py"])',
  'another working folder': 'import subprocess\nsubprocess.run(["python", "sub.py"], cwd="tools")',
  'a path beside the file': `import subprocess, sys
from pathlib import Path
subprocess.run([sys.executable, str(Path(__file__).parent.parent / "tools" / "sub.py")])`,
};

const loads = 'runs code that it finds itself';

/** Programs that load what their text does not show, with what they do in the second line. */
const computed: Readonly<Record<string, readonly [text: string, warning: string]>> = {
  'a computed module': [
    'import importlib as il, os\nil.import_module(os.environ["M"])',
    'imports a module whose name is computed',
  ],
  'a text that is run': ['import os\nexec(os.environ["CODE"])', 'runs a text as code'],
  'a file that is run as text': [
    'import os\nexec(open(os.environ["FILE"]).read())',
    'runs a text as code',
  ],
  'an expression': ['import os\neval(os.environ["CODE"])', 'runs a text as code'],
  runpy: ['import os, runpy\nrunpy.run_path(os.environ["FILE"])', loads],
  'Python with a computed file': [
    'import subprocess, sys\nsubprocess.run([sys.executable, sys.argv[1]])',
    'starts Python with what only running it can tell',
  ],
  'a computed command': [
    'import subprocess, sys\nsubprocess.run(sys.argv[1:])',
    'starts a program that only running it can tell',
  ],
  'a computed text for the shell': [
    'import os, sys\nos.system(sys.argv[1])',
    'starts a program that only running it can tell',
  ],
  'a script in a formatted text': [
    'import os, sys\nos.system(f"python {sys.argv[1]}.py")',
    'starts Python with what only running it can tell',
  ],
  'entry points of all groups': [
    'from importlib import metadata\nmetadata.entry_points()',
    'loads plug-ins of installed packages',
  ],
  'objects of a configuration': [
    'def make(config):\n    from hydra.utils import instantiate; instantiate(config)',
    'builds what a configuration names',
  ],
};

/** Programs that start or evaluate things in which there is no Python of the project. */
const harmless: Files = {
  git: 'import subprocess\nsubprocess.check_output(["git", "rev-parse", "HEAD"])',
  'a tool with computed words':
    'import subprocess, sys\nsubprocess.run(["ffmpeg", "-i", sys.argv[1], f"{sys.argv[2]}.png"])',
  'a text for the shell': 'import os\nos.system("nvidia-smi > gpu.txt")',
  'a method called eval': 'net = object()\nnet.eval()\nnet.exec()',
  'a literal': 'eval("1 + 1")',
  'a missing group of entry points':
    'from importlib.metadata import entry_points\nentry_points(group="my.plugins")',
};

suite('the code of a program', { skip: noPython ?? false }, () => {
  for (const [what, text] of Object.entries(searches)) {
    test(`the modules that count are those that Python loads: ${what}`, (t) => {
      const root = temporaryFolder(t);
      writeFiles(root, { ...twins, ...more, 'src/main.py': `${text}\n${report}` });
      const { status, stdout, stderr } = spawnSync(python, ['src/main.py', root], {
        cwd: root,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      const counted = count(root);
      assert.deepEqual(
        [labels(counted), counted.absent, counted.warnings],
        [stdout.trim().split('\n'), [], []],
      );
    });
  }

  /** Asks what counts of a program, beside itself, and what is warned of. */
  function ask(t: TestContext, text: string, files: Files = {}) {
    const root = temporaryFolder(t);
    writeFiles(root, { ...twins, ...tools, ...files, 'src/main.py': text });
    const counted = count(root);
    assert.deepEqual([counted.error, counted.absent], [null, []]);
    return {
      files: labels(counted).filter((label) => label !== 'src/main.py'),
      warnings: counted.warnings.map(([at, what]) => `${at} ${what}`),
    };
  }

  for (const [what, text] of Object.entries(literal)) {
    test(`code that is named by a literal counts: ${what}`, (t) => {
      assert.deepEqual(ask(t, text), { files: ['tools/deep.py', 'tools/sub.py'], warnings: [] });
    });
  }

  for (const [what, [text, warning]] of Object.entries(computed)) {
    test(`code that only running it can tell gets a warning: ${what}`, (t) => {
      assert.deepEqual(ask(t, text), { files: [], warnings: [`src/main.py:2 ${warning}`] });
    });
  }

  for (const [what, text] of Object.entries(harmless)) {
    test(`nothing is warned of where nothing is loaded: ${what}`, (t) => {
      assert.deepEqual(ask(t, text), { files: [], warnings: [] });
    });
  }

  /** Projects whose program is `src/main.py`, and an edit: it reruns the program or not. */
  const edits: Readonly<
    Record<
      string,
      {
        readonly files: Files;
        readonly edit: Files;
        readonly reruns: boolean;
        /** Installed packages, before and after. */
        readonly installed?: readonly [Files, Files];
        /** The program after the edit. */
        readonly program?: string;
      }
    >
  > = {
    'formatting, line ends and needless parentheses': {
      files: { 'src/main.py': 'import net\nx = 1 + 2\n' },
      edit: { 'src/main.py': '# why\r\nimport net\r\nx = (1 +\r\n     2)\r\n' },
      reruns: false,
    },
    'a docstring': {
      files: { 'src/main.py': '"""One."""\nimport net\n' },
      edit: { 'src/main.py': '"""Two."""\nimport net\n' },
      reruns: true,
    },
    'the __init__.py above an imported module': {
      files: {
        'src/main.py': 'from pkg import sub\n',
        'src/pkg/__init__.py': '',
        'src/pkg/sub.py': '',
      },
      edit: { 'src/pkg/__init__.py': 'x = 1\n' },
      reruns: true,
    },
    'a module that a package imports by *': {
      files: {
        'src/main.py': 'from pkg import *\n',
        'src/pkg/__init__.py': 'from .deep import *\n',
        'src/pkg/deep.py': 'x = 1\n',
      },
      edit: { 'src/pkg/deep.py': 'x = 2\n' },
      reruns: true,
    },
    'an __init__.py in a namespace package': {
      files: { 'src/main.py': 'import space.net\n', 'src/space/net.py': '' },
      edit: { 'src/space/__init__.py': 'x = 1\n' },
      reruns: true,
    },
    'another module of the package': {
      files: { 'src/main.py': 'import space.net\n', 'src/space/net.py': '', 'src/space/no.py': '' },
      edit: { 'src/space/no.py': 'x = 1\n', 'src/notes.txt': 'x' },
      reruns: false,
    },
    'a relative module by import_module': {
      files: {
        'src/main.py': 'import pkg.a\n',
        'src/pkg/__init__.py': '',
        'src/pkg/a.py':
          'from importlib import import_module\nimport_module(".b", package=__package__)\n',
        'src/pkg/b.py': '',
      },
      edit: { 'src/pkg/b.py': 'x = 1\n' },
      reruns: true,
    },
    'an optional module that appears': {
      files: { 'src/main.py': 'try:\n    import fast\nexcept ImportError:\n    import net\n' },
      edit: { 'src/fast.py': 'x = 1\n' },
      reruns: true,
    },
    'the module of the except': {
      files: { 'src/main.py': 'try:\n    import fast\nexcept ImportError:\n    import net\n' },
      edit: { 'src/net.py': 'x = 1\n' },
      reruns: true,
    },
    'a module of the name of one of the standard library': {
      files: { 'src/main.py': 'import json\n' },
      edit: { 'src/json.py': 'x = 1\n' },
      reruns: true,
    },
    'an extension module': {
      files: { 'src/main.py': 'import fast\n', 'src/fast.so': 'one' },
      edit: { 'src/fast.so': 'two' },
      reruns: true,
    },
    'a module in a folder of PYTHONPATH': {
      files: { 'src/main.py': 'import only\n' },
      edit: { 'libs/only.py': 'x = 1\n' },
      reruns: true,
    },
    'a file beside the program': {
      files: { 'src/main.py': 'import net\n' },
      edit: { 'src/other.py': 'import net\n' },
      reruns: false,
    },
    'the name of the program': {
      files: { 'src/main.py': 'import net\n' },
      edit: { 'src/other.py': 'import net\n' },
      program: 'src/other.py',
      reruns: true,
    },
    'a new version of a plug-in that a group of entry points names': {
      files: {
        'src/main.py':
          'from importlib.metadata import entry_points\nentry_points(group="my.plugins")\n',
      },
      installed: [plugin('1.0'), plugin('1.1')],
      edit: {},
      reruns: true,
    },
    'an installed package that is edited in place': {
      files: { 'src/main.py': 'import plug\n' },
      installed: [plugin('1.0'), { 'plug.py': 'x = 2\n' }],
      edit: {},
      reruns: false,
    },
  };
  for (const [what, { files, edit, reruns, installed, program }] of Object.entries(edits)) {
    test(`an edit ${reruns ? 'reruns' : 'does not rerun'} the program: ${what}`, (t) => {
      const root = temporaryFolder(t);
      const base = temporaryFolder(t);
      const site = sitePackages(base);
      writeFiles(root, { ...twins, ...files });
      writeFiles(site, installed?.[0] ?? {});
      const env = { PYTHONPATH: join(root, 'libs'), PYTHONUSERBASE: base };
      const countNow = (path?: string) => {
        const { error, absent, warnings, packages, files: counted } = count(root, env, path);
        assert.deepEqual([error, absent, warnings], [null, [], []]);
        return [Object.values(counted).toSorted(), packages];
      };
      const before = countNow();
      writeFiles(root, edit);
      writeFiles(site, installed?.[1] ?? {});
      const after = countNow(program);
      if (reruns) assert.notDeepEqual(after, before);
      else assert.deepEqual(after, before);
    });
  }

  const shipped = readdirSync(join(closure, '..')).filter((name) => name.endsWith('.py'));
  for (const name of [...shipped, '../../src/project/templates/train.py']) {
    test(`what runs in the user's interpreter is written for Python 3.10: ${name}`, () => {
      const code = 'import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 10))';
      execFileSync(python, ['-c', code, join(closure, '..', name)]);
    });
  }

  test('an import for type checkers only does not count', (t) => {
    const text = 'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import net\n';
    assert.deepEqual(ask(t, text).files, []);
  });

  test('functions of one name in several classes all count', (t) => {
    const method = (module: string) => `    def forward(self):\n        import ${module}\n`;
    const text = `import sys\nsys.path.append("tools")\nclass A:\n${method('sub')}class B:\n${method('net')}`;
    assert.deepEqual(ask(t, text).files, ['src/net.py', 'tools/deep.py', 'tools/sub.py']);
  });

  test('a started program has its own folder to look in', (t) => {
    const text =
      'import subprocess, sys\nsubprocess.run([sys.executable, "libs/only.py"])\nimport net\n';
    assert.deepEqual(ask(t, text).files, ['libs/net.py', 'libs/only.py', 'src/net.py']);
  });

  const guarded: Files = {
    'a module that imports what is absent':
      'try:\n    import needy\nexcept ImportError:\n    import net\n',
    'the same from a package':
      'try:\n    from kit import needy\nexcept ImportError:\n    import net\n',
  };
  for (const [what, text] of Object.entries(guarded)) {
    test(`nothing is absent without which a program does something else: ${what}`, (t) => {
      const needy = 'import nowhere\n';
      const files = { 'src/needy.py': needy, 'src/kit/__init__.py': '', 'src/kit/needy.py': needy };
      assert.ok(ask(t, text, files).files.includes('src/net.py'));
    });
  }

  const given: Readonly<Record<string, readonly [text: string, warnings: readonly string[]]>> = {
    'as an item': [
      'import sys, types\nsys.modules["stub"] = types.ModuleType("stub")\nimport stub\n',
      [],
    ],
    'by setdefault': ['import sys\nsys.modules.setdefault("stub", sys)\nimport stub\n', []],
    'by a finder': [
      'import sys\nsys.meta_path.append(object())\nimport stub\n',
      ['src/main.py:2 changes how Python finds modules'],
    ],
  };
  for (const [what, [text, warnings]] of Object.entries(given)) {
    test(`a module that the program makes itself is not to be installed: ${what}`, (t) => {
      const root = temporaryFolder(t);
      writeFiles(root, { 'src/main.py': text });
      const counted = count(root);
      const missing = counted.isUnclear ? [] : counted.absent;
      assert.deepEqual(
        [missing, counted.warnings.map(([at, what]) => `${at} ${what}`)],
        [[], warnings],
      );
    });
  }

  const old = 'print "old"\n';
  const reads =
    "src/old.py:1 cannot be read (Missing parentheses in call to 'print'. Did you mean print(...)?)";
  const uncertain: Files = {
    'in a branch': 'import sys\nif sys.version_info < (3,):\n    import old\n',
    'in a function': 'def never():\n    import old\n',
    'in a try': 'try:\n    import old\nexcept SyntaxError:\n    import net\n',
    'of a module in a function': 'def never():\n    import uses_old\n',
  };
  for (const [what, text] of Object.entries(uncertain)) {
    test(`a module that cannot be read stops no program that may do without it, and counts: ${what}`, (t) => {
      const asked = ask(t, text, { 'src/old.py': old, 'src/uses_old.py': 'import old\n' });
      assert.deepEqual([asked.files.includes('src/old.py'), asked.warnings], [true, [reads]]);
    });
  }

  test('a module that cannot be read is a mistake where it is surely imported', (t) => {
    const root = temporaryFolder(t);
    writeFiles(root, {
      'src/main.py': 'import kit\n',
      'src/kit/__init__.py': 'from . import old\n',
      'src/kit/old.py': old,
    });
    const wrong =
      "src/kit/old.py:1: Missing parentheses in call to 'print'. Did you mean print(...)?";
    assert.equal(count(root).error, wrong);
  });

  test('a module in a zip file counts by the bytes of the file, and what it imports counts too', (t) => {
    const root = temporaryFolder(t);
    const zip = join(root, 'deps.zip');
    const text = 'import zipfile, sys\nwith zipfile.ZipFile(sys.argv[1], "w") as file:\n';
    const make = (word: string) =>
      `    file.writestr("packed/__init__.py", "import net\\nx = '${word}'\\n")\n`;
    writeFiles(root, {
      ...twins,
      'src/main.py': 'import sys\nsys.path.insert(0, "deps.zip")\nimport packed\n',
    });
    const counts = ['one', 'two'].map((word) => {
      execFileSync(python, ['-c', text + make(word), zip]);
      return count(root);
    });
    assert.deepEqual(counts.map(labels), [
      ['deps.zip', 'src/main.py', 'src/net.py'],
      ['deps.zip', 'src/main.py', 'src/net.py'],
    ]);
    assert.notDeepEqual(counts[0]!.files[zip], counts[1]!.files[zip]);
  });

  test('a module that is absent is found in the project by its name, and an installed one of another name is not', (t) => {
    const root = temporaryFolder(t);
    const text = 'import only\nimport nothing\nimport wandb\n';
    writeFiles(root, {
      ...twins,
      'src/main.py': text,
      'wandb/run.log': '',
      'nothing.txt': '',
      '.hidden/nothing.py': '',
    });
    assert.deepEqual(count(root).absent, [
      ['only', 'src/main.py:1', 'libs/only.py'],
      ['nothing', 'src/main.py:2', null],
      ['wandb', 'src/main.py:3', 'wandb'],
    ]);
  });
});
