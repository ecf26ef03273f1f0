/** Methods whose maps come from gradients by the image, of its size. */
export const gradientMethods = [
  'gradient',
  'input-x-gradient',
  'smooth-grad',
  'smooth-grad-squared',
  'var-grad',
  'integrated-gradients',
  'guided-backprop',
] as const;
export type GradientMethod = (typeof gradientMethods)[number];

/** Class activation maps: sums of a convolution's maps, of their size. The last one is the control. */
export const camMethods = [
  'grad-cam',
  'grad-cam++',
  'hires-cam',
  'xgrad-cam',
  'layer-cam',
  'eigen-cam',
  'score-cam',
  'random-cam',
] as const;
export type CamMethod = (typeof camMethods)[number];

export const methods = [...gradientMethods, ...camMethods] as const;
export type Method = GradientMethod | CamMethod;

export const isCam = (method: Method): method is CamMethod => (camMethods as readonly string[]).includes(method);

const titles: Readonly<Record<Method, string>> = {
  gradient: 'Gradient',
  'input-x-gradient': 'Input × gradient',
  'smooth-grad': 'SmoothGrad',
  'smooth-grad-squared': 'SmoothGrad²',
  'var-grad': 'VarGrad',
  'integrated-gradients': 'Integrated gradients',
  'guided-backprop': 'Guided backpropagation',
  'grad-cam': 'Grad-CAM',
  'grad-cam++': 'Grad-CAM++',
  'hires-cam': 'HiResCAM',
  'xgrad-cam': 'XGrad-CAM',
  'layer-cam': 'LayerCAM',
  'eigen-cam': 'Eigen-CAM',
  'score-cam': 'Score-CAM',
  'random-cam': 'RandomCAM',
};

/** What a method is called in titles and tables. */
export const methodTitle = (method: Method): string => titles[method];

/** Methods whose maps are the same whichever class is asked about. */
const classless: readonly Method[] = ['eigen-cam', 'random-cam'];

/** Whether a method's map says something of the class that it is asked about; the others show what a layer is busy with. */
export const explainsClass = (method: Method): boolean => !classless.includes(method);
