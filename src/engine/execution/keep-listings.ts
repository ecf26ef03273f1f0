import type { Stage } from '../config/pipeline.ts';
import { partsDigest } from '../files/listing.ts';
import type { World } from '../plan/examine.ts';
import { keepInputListing } from '../store/input-listings.ts';

/** Keeps what the folders held that a stage read by path, so that it can be said which files changed since. */
export async function keepListings(stage: Stage, { cache, listings }: World): Promise<void> {
  for (const { items, parts } of stage.inputs) {
    for (const item of items) {
      const listing = item.from === 'path' ? await listings.get(item.path) : undefined;
      if (listing?.folder === true) keepInputListing(cache.folder, partsDigest(listing, parts), listing.files);
    }
  }
}
