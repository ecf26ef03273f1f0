import type { Stage } from '../config/pipeline.ts';
import type { Place } from '../execution/place.ts';

/** Several places as one: each stage runs where `choose` says. */
export function routedPlace(all: readonly Place[], choose: (stage: Stage) => Place): Place {
  return {
    seat: async (stage) => await choose(stage).seat(stage),
    close: async () => {
      for (const place of all) await place.close();
    },
  };
}
