import {
  formatJsonSchema,
  pipelineJsonSchema,
  toSchema,
} from '../engine/config/schema/json-schema.ts';
import { anyPlaceShape, localShape, ownPlaceShape } from '../engine/places/place-spec.ts';
import { storeShape } from '../engine/store/remote/store-file.ts';
import type { KindSpec } from '../stage.ts';

/** The JSON schema of all files of a project, with which editors complete and check them. */
export function editorSchema(kinds: Iterable<KindSpec>): string {
  const places = {
    description: 'The places of `places.yaml`.',
    type: 'object',
    properties: { local: toSchema(localShape) },
    additionalProperties: {
      anyOf: [
        toSchema(anyPlaceShape),
        // The keys of a project's own scheduler are known only to its code.
        { ...toSchema(ownPlaceShape), additionalProperties: true },
      ],
    },
  };
  const store = { description: 'The file `store.yaml`.', ...toSchema(storeShape) };
  return formatJsonSchema(pipelineJsonSchema(kinds, { places, store }));
}
