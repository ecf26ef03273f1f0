// The values that options of a command take, and the texts of durations and sizes, from where they
// are used. This file loads little, since `restage --help` loads it.

export { backendNames } from '../backend/select/backend-names.ts';
export { parseDuration, parseMemory } from '../engine/config/schema/units.ts';
export { methods } from '../learning/attribution/methods.ts';
export { scoreKinds } from '../learning/attribution/questions/question.ts';
export { colourMaps } from '../learning/vision/colour-map.ts';
