import type { JsonObject } from '../../../json.ts';
import { err, ok, type Result } from '../../../result.ts';
import { type Diagnostic, DiagnosticList, type Span } from '../../diagnostics/diagnostic.ts';
import type { LoadContext } from '../load-context.ts';
import type {
  CandidateStage,
  LocatedInput,
  LocatedStage,
  ProposedTrial,
  Proposing,
} from '../pipeline.ts';
import { child, entriesOf, type MapNode, type Node, toJson } from '../yaml/node.ts';
import type { AxisValue } from './axis.ts';
import type { Definition } from './definition.ts';
import { type InputWork, resolveInput } from './inputs.ts';
import { type Instance, substituteStage } from './instances.ts';
import { trialNode, withId } from './proposed-axes.ts';
import { resolveSettings } from './settings.ts';
import { madeValues, withParts } from './slots.ts';

/** The axis of an instance whose values a stage proposes; undefined where there is none. */
const proposedAxis = ({ axes }: Instance) =>
  [...axes].flatMap(([name, { proposal }]) => (proposal ? [{ name, proposal }] : []))[0];

/**
 * The trial of an instance whose settings a proposal decides, with the input that has the proposal.
 * Checks what it would be for all examples.
 */
export async function resolveTrial(
  work: InputWork,
  instance: Instance,
  inputs: readonly LocatedInput[],
): Promise<{ readonly trial: ProposedTrial; readonly input: LocatedInput } | undefined> {
  const { context } = work;
  const { definition, axes } = instance;
  const axis = proposedAxis(instance);
  if (axis === undefined || definition.kind === undefined) return undefined;
  const { name, proposal } = axis;
  const { label } = axes.get(name)!;
  const at = child(child(definition.node, 'matrix'), name)?.at ?? definition.at;
  const nodeFor = (within: LoadContext, values: MapNode): MapNode =>
    substituteStage(within, definition, new Map(axes).set(name, trialValue(label, values)), false);
  const nodes = proposal.examples.map((values) => nodeFor(context, values));
  const varying = varyingKeys(nodes);
  if (varying.length === 0) return undefined;
  for (const key of varying.filter((each) => each !== 'with')) {
    const message = `Only "with" may depend on the values of the trials "${name}", but "${key}" does`;
    const keyAt = definition.node.entries.get(key)?.keyAt ?? at;
    context.report({ code: 'wrong-reference', message, at: keyAt });
  }
  const slots = [...axes.keys()].find((other) => axes.get(other)!.slot);
  if (slots !== undefined) {
    const message = `Slots of "${slots}" and trials of "${name}" are too many for one stage`;
    context.report({ code: 'wrong-reference', message, at });
  }
  const port = `matrix.${name}`;
  const list: Node = { type: 'list', items: [proposal.by], at };
  const input = await resolveInput(work, { instance, port, known: undefined }, list);
  if (input === undefined) return undefined;
  if (proposal.trial === 1) checkExamples(context, { definition, name, nodes, inputs, at });
  const names = [...entriesOf(proposal.examples[0]).keys()];
  const settle = (values: JsonObject): Result<CandidateStage, string> => {
    const mistakes = new DiagnosticList();
    const report = (mistake: Diagnostic) => mistakes.add(mistake);
    const within = { ...context, report } as LoadContext;
    const settled = trialValue(label, trialNode(values, names, at));
    const node = nodeFor(within, settled.node as MapNode);
    const settings = resolveSettings(within, definition, node, inputs);
    const [mistake] = mistakes.inOrder();
    if (settings === undefined || mistake !== undefined)
      return err(`its values give settings that are wrong: ${mistake?.message}`);
    const listed = Object.keys(values).filter((key) => !proposal.unlisted.has(key));
    const present = trialValue(label, trialNode(values, listed, at));
    const drawn = new Map(axes).set(name, { ...present, made: 'drawn' });
    const made = madeValues(drawn, definition);
    const read = withParts(inputs, definition.kind!.spec, settings.settings);
    return ok({ ...settings, ...made, inputs: read });
  };
  return { trial: { port, number: proposal.trial, settle }, input: { ...input, at } };
}

/** Checks the settings of all examples, which are those of every trial. */
function checkExamples(
  context: LoadContext,
  { definition, name, nodes, inputs, at }: TrialExamples,
): void {
  // Mistakes of the first are reported with the stage itself.
  const silent: LoadContext = { ...context, report: () => undefined };
  const settings = nodes.map((node, index) =>
    resolveSettings(index === 0 ? silent : context, definition, node, inputs),
  );
  const varying = definition.kind?.spec.code?.settings.find((key) => {
    const values = settings.flatMap((each) => each && JSON.stringify(each.settings[key]));
    return new Set(values).size > 1;
  });
  if (varying === undefined) return;
  const message = `"${varying}" decides which code runs, so it cannot depend on the trials "${name}"`;
  context.report({ code: 'wrong-reference', message, at });
}

/** The stage of a trial as it would be with each of the values that a trial could have. */
interface TrialExamples {
  readonly definition: Definition;
  /** The axis of the trials. */
  readonly name: string;
  readonly nodes: readonly MapNode[];
  readonly inputs: readonly LocatedInput[];
  readonly at: Span;
}

const trialValue = (label: string, values: MapNode): AxisValue => ({
  label,
  node: withId(values, label),
});

/** The keys of a stage that differ between trials. */
function varyingKeys(nodes: readonly MapNode[]): readonly string[] {
  const textOf = (node: MapNode, key: string) => {
    const value = child(node, key);
    return value && JSON.stringify(toJson(value));
  };
  const keys = new Set(nodes.flatMap((node) => [...node.entries.keys()]));
  return [...keys].filter((key) => new Set(nodes.map((node) => textOf(node, key))).size > 1);
}

/** A stage that proposes a trial: it reads the proposal before, and the trials that have ended. */
export function asProposing(
  { context, instances }: InputWork,
  instance: Instance,
  stage: LocatedStage,
): LocatedStage {
  const { definition, axes } = instance;
  const proposes = definition.kind?.spec.proposes;
  if (proposes === undefined) return stage;
  const axis = [...axes].flatMap(([name, value]) => (value.proposes ? [{ name, value }] : []))[0];
  if (axis === undefined) {
    const message = `No axis takes the trials that "${definition.name}" proposes`;
    const hint = `matrix: { trial: { by: ${definition.name}.${proposes.output}, count: 20 } }`;
    context.report({ code: 'wrong-reference', message, at: definition.at, hint });
    return stage;
  }
  const { trial, parallel } = axis.value.proposes!;
  const before = new Map(axes).set(axis.name, { ...axis.value, label: String(trial - 1) });
  const previous = (instances.byDefinition.get(definition) ?? []).find((other) =>
    [...before].every(([name, { label }]) => other.axes.get(name)?.label === label),
  );
  const chain: readonly LocatedInput[] =
    previous === undefined
      ? []
      : [
          {
            port: proposes.previous,
            list: false,
            items: [{ from: 'stage', stage: previous.name, port: proposes.output, labels: {} }],
            at: definition.at,
          },
        ];
  const inputs = stage.inputs.filter(({ port }) => port !== proposes.previous);
  const proposing: Proposing = {
    axis: axis.name,
    trial,
    parallel,
    history: proposes.history,
  };
  return {
    ...stage,
    settings: proposes.narrowed(stage.settings, trial),
    keyedSettings: proposes.narrowed(stage.keyedSettings, trial),
    inputs: [...inputs, ...chain],
    proposing,
  };
}
