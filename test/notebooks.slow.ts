import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { suite, test } from 'node:test';
import { blocks, inRepository, read } from './support/pages.ts';
import { Project } from './support/rig.ts';
import { noPython } from './support/venv.ts';

const python = '/usr/bin/python3';
const noNotebook =
  spawnSync(python, ['-c', 'import nbclient, ipykernel, pandas']).status === 0
    ? undefined
    : 'There are no notebooks: apt-get install python3-nbclient python3-ipykernel python3-pandas';
if (noNotebook !== undefined && process.env['RESTAGE_NOTEBOOK'] === 'required')
  throw new Error(noNotebook);

/** Runs the cells of notebook.json, and prints their outputs as JSON. */
const runner = `import json, nbformat, nbclient
cells = [nbformat.v4.new_code_cell(text) for text in json.load(open("cells.json"))]
notebook = nbformat.v4.new_notebook(cells=cells)
nbclient.NotebookClient(notebook, kernel_name="python3").execute()
print(json.dumps([cell.outputs for cell in notebook.cells]))
`;

interface Output {
  readonly output_type: string;
  readonly text?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** The project of the template \`scores\`, with the command as npm installs it. */
async function scoresProject(): Promise<Project> {
  const project = new Project('stages: {}\n', { 'restage.py': read('stages/python/restage.py') });
  project.remove('pipelines');
  assert.equal((await project.command('init', '.', '--template', 'scores')).code, 0);
  mkdirSync(project.path('node_modules/.bin'), { recursive: true });
  symlinkSync(inRepository('bin/restage.js'), project.path('node_modules/.bin/restage'));
  return project;
}

function run(project: Project, text: string): string {
  const options = { cwd: project.root, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(python, ['-c', text], options);
  assert.equal(status, 0, stderr.slice(-2000));
  return stdout;
}

suite('Restage in Python', { skip: noPython ?? false }, () => {
  test('a program starts the command, gets its events, and has every member with its numbers and files', async () => {
    using project = await scoresProject();
    const printed = run(
      project,
      `import json, restage
before = {stage["stage"]: stage["state"] for stage in restage.plan("scores.yaml")}
seen = []
events = restage.run("scores.yaml", on_event=seen.append, show=False)
results = restage.results("scores")
print(json.dumps([before, [e["type"] for e in events if e["type"].startswith("run-")], seen == events, results.rows,
    {stage: {port: str(path) for port, path in ports.items()} for stage, ports in results.paths.items()}]))`,
    );
    const [before, types, isSame, rows, paths] = JSON.parse(printed);
    assert.equal(before['scores[model=one]'], 'stale');
    assert.deepEqual([types.at(0), types.at(-1), isSame], ['run-started', 'run-finished', true]);
    const [row] = rows.filter(({ stage }: { stage: string }) => stage === 'scores[model=one]');
    assert.deepEqual([row.model, row.kind, row.state], ['one', 'evaluate', 'up to date']);
    assert.ok(row['test.auc.low'] <= row['test.auc'] && row['test.auc'] <= row['test.auc.high']);
    assert.ok(project.has(paths['scores[model=one]'].metrics.slice(project.root.length + 1)));
  });

  test('a stage that fails raises an error with its message', async () => {
    using project = await scoresProject();
    project.write(
      'pipelines/fails.yaml',
      'stages: { bad: { kind: command, with: { run: "echo no luck; exit 3" } } }\n',
    );
    const printed = run(
      project,
      `import restage
try:
    restage.run("fails.yaml")
except RuntimeError as error:
    print(error)
try:
    restage.plan("nowhere.yaml")
except RuntimeError as error:
    print(str(error).splitlines()[0])`,
    );
    assert.match(printed, /^bad: .*code 3/);
    assert.match(printed, /nowhere\.yaml/);
  });

  test('every cell of the page on notebooks runs in a notebook, with a bar for each stage', {
    skip: noNotebook ?? false,
  }, async () => {
    using project = await scoresProject();
    project.write('cells.json', JSON.stringify(blocks('docs/notebooks.md', 'python')));
    const cells: readonly (readonly Output[])[] = JSON.parse(run(project, runner));
    const drawn = cells[0]!.flatMap(({ data }) => data?.['text/html'] ?? []);
    assert.match(drawn.at(-1)!, /<tr><td>scores\[model=one\]<\/td><td>ran<\/td>/);
    const texts = cells.map((outputs) => outputs.map(({ text = '' }) => text).join(''));
    assert.match(texts[1]!, /^up to date /m);
    assert.match(texts[2]!, /^scores\[model=one\] +one +0\.\d+ +0\.\d+ +0\.\d+$/m);
  });
});
