import { extname } from 'node:path';
import { formatBytes, formatCountOf } from '../../format-numbers.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { CrateFile, CrateInput, CrateOutput, CrateRun, CrateStage } from './crate-run.ts';

/** The name of the file that makes a folder an RO-Crate. */
export const metadataFile = 'ro-crate-metadata.json';

const profiles = {
  'Process Run Crate': 'https://w3id.org/ro/wfrun/process/0.5',
  'Workflow Run Crate': 'https://w3id.org/ro/wfrun/workflow/0.5',
  'Provenance Run Crate': 'https://w3id.org/ro/wfrun/provenance/0.5',
  'Workflow RO-Crate': 'https://w3id.org/workflowhub/workflow-ro-crate/1.0',
};

/** Media types by extension, of the files that stages leave. */
const mediaTypes: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.html': 'text/html',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.onnx': 'application/octet-stream',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.tex': 'application/x-tex',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
};

const engine = '#restage';
const language = '#restage-pipeline';
const workflowRun = '#run';
const engineRun = '#engine-run';

const reference = (id: string): JsonObject => ({ '@id': id });
const references = (ids: Iterable<string>): Json => [...new Set(ids)].map(reference);

/** An `@id` in the crate: a URI path, in which a name keeps its folders. */
export const crateId = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
const local = (what: string, name: string): string => `#${what}-${encodeURIComponent(name)}`;

/**
 * The metadata of a run: a Provenance Run Crate 0.5
 * (https://www.researchobject.org/workflow-run-crate/profiles/0.5/provenance_run_crate/), so an
 * RO-Crate 1.1 (https://www.researchobject.org/ro-crate/specification/1.1/) and a Workflow RO-Crate
 * 1.0, as flattened JSON-LD. The pipeline is the workflow, a stage is a step, and the kind of a
 * stage is the tool that the step runs. Hosts and users are left out.
 */
export function crateMetadata(run: CrateRun): JsonObject {
  return {
    '@context': [
      'https://w3id.org/ro/crate/1.1/context',
      'https://w3id.org/ro/terms/workflow-run/context',
    ],
    '@graph': [
      {
        '@id': metadataFile,
        '@type': 'CreativeWork',
        conformsTo: reference('https://w3id.org/ro/crate/1.1'),
        about: reference('./'),
      },
      root(run),
      ...Object.entries(profiles).map(([name, id]) => ({
        '@id': id,
        '@type': 'CreativeWork',
        name,
        version: id.slice(id.lastIndexOf('/') + 1),
      })),
      { '@id': run.license, '@type': 'CreativeWork', name: `Licence ${run.license}` },
      { '@id': language, '@type': 'ComputerLanguage', name: 'Restage pipeline (YAML)' },
      { '@id': engine, '@type': 'SoftwareApplication', name: 'Restage', ...engineVersion(run) },
      workflow(run),
      ...run.sources.slice(1).map((file) => fileEntity(file, 'A file that the pipeline reads')),
      ...(run.report === undefined ? [] : [fileEntity(run.report, 'The report of the run')]),
      ...tools(run),
      ...run.stages.map((stage, i) => ({
        '@id': local('step', stage.name),
        '@type': 'HowToStep',
        name: stage.name,
        position: i + 1,
        workExample: reference(toolOf(stage)),
      })),
      ...software(run),
      ...actions(run),
      ...dataEntities(run),
    ],
  };
}

function root(run: CrateRun): JsonObject {
  const held = run.stages.flatMap(({ outputs }) => outputs.filter(({ isHeld }) => isHeld));
  const files = [...run.sources, run.report ?? []].flat().map(({ path }) => crateId(path));
  return {
    '@id': './',
    '@type': 'Dataset',
    name: `Run of ${run.pipeline}`,
    description: run.description ?? `The results of the Restage pipeline ${run.pipeline}.`,
    datePublished: endOf(run),
    license: reference(run.license),
    conformsTo: references(Object.values(profiles)),
    mainEntity: reference(crateId(run.sources[0]!.path)),
    hasPart: references([...files, ...held.map(outputId)]),
    mentions: references([
      workflowRun,
      engineRun,
      ...run.stages.map(({ name }) => local('action', name)),
    ]),
  };
}

function workflow({ sources, pipeline, description, stages, gitCommit }: CrateRun): JsonObject {
  const [main] = sources;
  return {
    ...fileEntity(main!, description ?? `The pipeline ${pipeline}`),
    '@type': ['File', 'SoftwareSourceCode', 'ComputationalWorkflow', 'HowTo'],
    name: pipeline,
    programmingLanguage: reference(language),
    hasPart: references(stages.map(toolOf)),
    step: references(stages.map(({ name }) => local('step', name))),
    ...(gitCommit !== undefined && { version: gitCommit }),
  };
}

const toolOf = ({ kind, kindVersion }: CrateStage): string =>
  local('kind', `${kind}-${kindVersion}`);

/** The kinds of the stages, each version once. */
function tools({ stages }: CrateRun): readonly JsonObject[] {
  const entities = stages.map((stage) => ({
    '@id': toolOf(stage),
    '@type': 'SoftwareApplication',
    name: `The kind ${stage.kind} of Restage`,
    softwareVersion: String(stage.kindVersion),
  }));
  return unique(entities);
}

const softwareId = ([name, version]: readonly [string, string]): string =>
  local('software', `${name}-${version}`);

function software({ stages }: CrateRun): readonly JsonObject[] {
  const entities = stages
    .flatMap((stage) => Object.entries(stage.software))
    .map(([name, softwareVersion]) => ({
      '@id': softwareId([name, softwareVersion]),
      '@type': 'SoftwareApplication',
      name,
      softwareVersion,
    }));
  return unique(entities);
}

function engineVersion({ stages }: CrateRun): JsonObject {
  const versions = [...new Set(stages.flatMap((stage) => stage.software['Restage'] ?? []))];
  return versions.length === 0 ? {} : { softwareVersion: versions.join(', ') };
}

function actions(run: CrateRun): readonly JsonObject[] {
  const { stages, pipeline, sources } = run;
  const steps = stages.map(({ name }) => local('control', name));
  const outside = stages.flatMap(({ inputs }) => inputs).filter((input) => !('output' in input));
  const final = stages.flatMap(({ outputs }) => outputs.filter(({ isFinal }) => isFinal));
  return [
    {
      '@id': engineRun,
      '@type': 'OrganizeAction',
      name: `Restage runs ${pipeline}`,
      instrument: reference(engine),
      object: references(steps),
      result: reference(workflowRun),
    },
    {
      '@id': workflowRun,
      '@type': 'CreateAction',
      name: `Run of ${pipeline}`,
      instrument: reference(crateId(sources[0]!.path)),
      object: references(outside.map(inputId)),
      result: references(final.map(outputId)),
      startTime: startOf(run),
      endTime: endOf(run),
    },
    ...stages.flatMap((stage) => [
      {
        '@id': local('control', stage.name),
        '@type': 'ControlAction',
        name: `The step ${stage.name}`,
        instrument: reference(local('step', stage.name)),
        object: reference(local('action', stage.name)),
      },
      {
        '@id': local('action', stage.name),
        '@type': 'CreateAction',
        name: stage.name,
        description: `Settings: ${stage.settings}`,
        instrument: reference(toolOf(stage)),
        object: references(stage.inputs.map(inputId)),
        result: references(stage.outputs.map(outputId)),
        startTime: stage.startedAt,
        endTime: stage.endedAt,
        softwareRequirements: references(Object.entries(stage.software).map(softwareId)),
      },
    ]),
  ];
}

/** The earliest start of a stage: results of earlier runs keep the time at which they were made. */
const startOf = ({ stages }: CrateRun): string =>
  stages.map(({ startedAt }) => startedAt).toSorted()[0]!;

const endOf = ({ stages }: CrateRun): string =>
  stages
    .map(({ endedAt }) => endedAt)
    .toSorted()
    .at(-1)!;

const outputId = ({ path, isFolder, isHeld }: CrateOutput): string => {
  if (!isHeld) return local('output', path);
  return isFolder ? `${crateId(path)}/` : crateId(path);
};

/** What is outside of the crate has a name by its content: two stages may read the same thing. */
const inputId = (input: CrateInput): string =>
  'output' in input ? outputId(input.output) : local('input', input.digest);

function dataEntities({ stages }: CrateRun): readonly JsonObject[] {
  const outputs = stages.flatMap((stage) =>
    stage.outputs.map((output) => outputEntity(output, stage.name)),
  );
  const inputs = stages
    .flatMap((stage) => stage.inputs)
    .flatMap((input) => ('output' in input ? [] : [outsideEntity(input)]));
  return [...outputs, ...unique(inputs)];
}

function outputEntity(output: CrateOutput, stage: string): JsonObject {
  const { port, type, path, digest, isFolder, files, size, isHeld } = output;
  const name = `${port} of ${stage} (${type})`;
  if (!isHeld) {
    return {
      '@id': outputId(output),
      '@type': 'CreativeWork',
      name,
      identifier: digest,
      description: 'Not in this crate: the project does not keep it.',
    };
  }
  if (!isFolder) return { ...fileEntity({ path, size, digest }, name), name };
  return {
    '@id': outputId(output),
    '@type': 'Dataset',
    name,
    description: `${formatCountOf(files, 'file')}, ${formatBytes(size)}`,
    identifier: digest,
  };
}

function outsideEntity(input: Exclude<CrateInput, { readonly output: CrateOutput }>): JsonObject {
  const { port, name, digest } = input;
  return {
    '@id': inputId(input),
    '@type': 'CreativeWork',
    name: name ?? port,
    description: `Not in this crate. Its identifier is Restage's SHA-256 of its content.`,
    identifier: digest,
  };
}

function fileEntity({ path, size, digest }: CrateFile, description: string): JsonObject {
  const encodingFormat = mediaTypes[extname(path).toLowerCase()];
  return {
    '@id': crateId(path),
    '@type': 'File',
    name: path,
    description,
    contentSize: String(size),
    sha256: digest,
    ...(encodingFormat !== undefined && { encodingFormat }),
  };
}

/** Entities without those whose `@id` came before. */
function unique(entities: readonly JsonObject[]): readonly JsonObject[] {
  return [...new Map(entities.map((entity) => [entity['@id'], entity])).values()];
}
