import { initializers, layers, relu, serialization, type Tensor, tensor } from '@tensorflow/tfjs';
import type { JsonObject } from '../../../json.ts';
import { usesBatch } from '../layers/batch-statistics.ts';
import { isLearnable } from '../layers/layer.ts';
import { operators } from './operators/index.ts';
import type { Circumstances } from './operators/operator.ts';
import { type Placed, tfjsShape } from './operators/shapes.ts';

/** Numbers within a layer's form. */
export interface Inline {
  readonly type: 'float' | 'int' | 'bool';
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Where a node's input comes from. */
export type Source =
  /** One of the layer's inputs. */
  | { readonly value: number }
  /** One of the layer's weights. */
  | { readonly weight: number }
  | { readonly constant: Inline }
  /** What is computed of weights alone, such as a table's chosen rows. */
  | { readonly step: Step };

/** How a tensor is arranged before an operator reads it: in this order, whatever is left out. */
export interface Arrangement {
  readonly padded?: readonly number[];
  readonly order?: readonly number[];
  readonly shape?: readonly number[];
}

/** A node of the file, and how it is computed. */
export interface Step {
  readonly operator: string;
  readonly settings: JsonObject;
  readonly readings: readonly (Arrangement & { readonly input: number })[];
  /** The node as it is written, for `export`. */
  readonly inputs: readonly (Source | null)[];
  readonly attributes: JsonObject;
  readonly output: Placed;
  /** Which of the node's outputs it is, and of how many. */
  readonly port: readonly [number, number];
}

/** A weight of a layer. */
export interface WeightForm {
  /** Its name in the layer, such as `kernel`. */
  readonly role: string;
  /** Its name in the file. */
  readonly parameter: string;
  /** Its shape in the layer, which its arrangement leads to. */
  readonly shape: readonly number[];
  /** Its shape in the file. */
  readonly written: readonly number[];
  readonly arrangement: Arrangement;
}

/** Everything about a layer but its name and the numbers of its weights. */
export interface LayerForm {
  readonly step: Step;
  readonly weights: readonly WeightForm[];
}

const rectifier = { apply: (x: Tensor): Tensor => relu(x), getClassName: () => 'relu' };

type Inputs = Parameters<layers.Layer['call']>[0];

/** A form as a text under "name": tfjs rewrites all other keys and texts of a saved layer. */
type SavedForm = { readonly name: string };

/** A node of an ONNX file as a layer of tfjs, with the weights that it reads. */
export class GraphLayer extends layers.Layer {
  static readonly className = 'OnnxNode';
  readonly form: LayerForm;
  /** Its weights in the order of its form; tfjs has those that learn first. */
  readonly variables: ReturnType<GraphLayer['addWeight']>[] = [];

  /** As tfjs's own layers have it, for those who change how a ReLU is explained. */
  activation: { apply(x: Tensor): Tensor; getClassName(): string } | undefined;

  /**
   * For those who explain a network by a softmax that is attention: takes the weights of every
   * pass, as the file has them, and gives those that are used.
   */
  onWeights: ((weights: Tensor) => Tensor) | undefined;

  constructor({ name, form }: { readonly name: string; readonly form: LayerForm | SavedForm }) {
    super({ name });
    this.form = 'name' in form ? (JSON.parse(form.name) as LayerForm) : form;
    if (this.form.step.operator === 'Relu') this.activation = rectifier;
  }

  override build(): void {
    for (const { role, shape } of this.form.weights) {
      const learns = isLearnable(role);
      this.variables.push(
        this.addWeight(role, [...shape], 'float32', initializers.zeros(), undefined, learns),
      );
    }
    this.built = true;
  }

  override computeOutputShape() {
    return tfjsShape(this.form.step.output);
  }

  override call(inputs: Inputs, { training = false }: { readonly training?: boolean }): Tensor {
    const values = [inputs].flat();
    if (this.activation !== undefined) return this.activation.apply(values[0]!);
    const weights = this.variables;
    const now = (step: Step): Circumstances => ({
      training: training && usesBatch(this),
      assign: (reading, value) => {
        const source = step.inputs[step.readings[reading]!.input];
        if (source && 'weight' in source) weights[source.weight]!.write(value);
      },
    });
    const tensorOf = (source: Source): Tensor => {
      if ('value' in source) return values[source.value]!;
      if ('weight' in source) return weights[source.weight]!.read();
      if ('step' in source) return compute(source.step);
      const { type, shape, values: numbers } = source.constant;
      return tensor([...numbers], [...shape], type === 'float' ? 'float32' : 'int32');
    };
    const compute = (step: Step): Tensor => {
      const tensors = step.readings.map(({ input, ...arrangement }) =>
        arrange(tensorOf(step.inputs[input]!), arrangement),
      );
      return operators.get(step.operator)!.compute(tensors, step.settings, now(step));
    };
    const output = compute(this.form.step);
    return this.onWeights?.(output) ?? output;
  }

  override getConfig() {
    return { ...super.getConfig(), form: { name: JSON.stringify(this.form) } };
  }
}
serialization.registerClass(GraphLayer);

function arrange(x: Tensor, { padded, order, shape }: Arrangement): Tensor {
  const whole = padded === undefined ? x : x.reshape([...padded]);
  const turned = order === undefined ? whole : whole.transpose([...order]);
  return shape === undefined ? turned : turned.reshape([...shape]);
}

/** The operator of a layer that is a node; undefined for any other. */
export const operatorOf = (layer: layers.Layer): string | undefined =>
  layer instanceof GraphLayer ? layer.form.step.operator : undefined;

/** Operators that normalise. */
export const isNormalisation = (layer: layers.Layer): boolean =>
  operatorOf(layer)?.endsWith('Normalization') === true;
