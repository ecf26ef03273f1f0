import { GraphBuilder } from '../lowering/graph-builder.ts';
import { OrtSession } from './ort-session.ts';

/**
 * How many channels make a block of ONNX Runtime's blocked convolutions on this processor: 16 with AVX-512, 8 with
 * AVX2; 0 where it has no such convolutions. Nothing says so but an operator that reorders into blocks: it rounds
 * the channels up to whole ones.
 */
export function channelBlock(): number {
  const graph = new GraphBuilder();
  const image = graph.input('float32', [1, 4, 1, 1]);
  const blocked = graph.node('ReorderInput', [image], { domain: 'com.microsoft.nchwc' });
  graph.output(blocked, 'float32');
  let session: OrtSession;
  try {
    session = new OrtSession(graph.finish(), { threads: 1 });
  } catch {
    return 0;
  }
  const feed = { dtype: 'float32', shape: [1, 4, 1, 1], data: new Float32Array(4) } as const;
  const [, channels = 0] = session.shapeOf(blocked, new Map([[image, feed]]));
  session.dispose();
  return channels > 4 ? channels : 0;
}
