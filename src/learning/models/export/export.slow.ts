import { before, test } from 'node:test';
import { setBackend } from '@tensorflow/tfjs';
import { checkExport } from './testing-export.ts';

before(() => setBackend('cpu'));

test('xception-based: ONNX Runtime gives the model’s scores from its ONNX file, for any batch', () =>
  checkExport('xception-based', 45));
