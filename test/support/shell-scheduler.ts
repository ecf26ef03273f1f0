import { renameSync } from 'node:fs';
import { Project } from './rig.ts';
import { until } from './until.ts';

/**
 * A scheduler whose jobs are processes of this machine. It accepts as many as the number in the
 * file `room`.
 */
export const scheduler = {
  'submit.sh': `room=$(cat room)
if [ "$room" -lt 1 ]; then : > refused; cat refusal >&2; exit 1; fi
echo $((room - 1)) > room
id=$$
echo $id >> submitted
JOB_ID=$id setsid sh -c 'for other in $(echo "$3" | tr , " "); do
  while [ -e room ] && [ ! -e "ended-$other" ]; do sleep 0.1; done
done
sh "$1" >> "$2" 2>&1 &
echo $! > "pid-$JOB_ID"
wait $!
: > "ended-$JOB_ID"' job "$1" "$2" "$3" < /dev/null > /dev/null 2>&1 &
echo "job $id"
`,
  'query.sh': 'for id in $(cat submitted); do [ -e ended-$id ] || echo $id; done\n',
  refusal: 'this user is at the limit of jobs\n',
};

export function shell(yaml: string, room: number): Project {
  const project = new Project(yaml, scheduler);
  onShell(project, room);
  return project;
}

/** Gives a project the place "shell". */
export function onShell(project: Project, room: number): void {
  project.write('room', `${room}\n`);
  project.write(
    'places.yaml',
    `shell:
  engine: template
  memory: { default: 200MiB }
  maxJobs: 3
  template:
    submit: sh submit.sh \${script} \${log} \${after}
    id: job (\\d+)
    query: cd ${project.root} && sh query.sh
    cancel: cd ${project.root} && echo \${id} >> cancelled
    after: \${ids}
`,
  );
  project.env['RESTAGE_PATIENCE'] = 'silence=500,cancel=60000,ask=200';
}

/** Replaces the file by a rename: the scheduler may be reading it. */
export function makeRoom(project: Project): void {
  project.write('more', '9\n');
  renameSync(project.path('more'), project.path('room'));
}

export const stages = (...names: readonly string[]): string =>
  `stages:\n${names.map((name) => `  ${name}: { kind: command, with: { run: 'echo ${name} >> count' } }\n`).join('')}`;

export const atGates = `${stages('one')}  here: { kind: command, place: local, after: [one], with: { run: 'echo begun > begun; read _ < here.gate' } }
  later: { kind: command, after: [one], with: { run: 'echo begun > later; read _ < later.gate' } }
`;

export const idsIn = (project: Project, folder = ''): readonly string[] =>
  project.read(`${folder}submitted`).trim().split('\n');

export const areOver = (project: Project, folder = ''): Promise<void> =>
  until(() => idsIn(project, folder).every((id) => project.has(`${folder}ended-${id}`)));

/** A stage that takes `seconds` in its first run, and no time later. */
export const slowAtFirst = (seconds: number): string =>
  `stages: { one: { kind: command, with: { run: 'echo run >> count; test -e again || { touch again; sleep ${seconds}; }' } } }\n`;
