/** What to do with a stage, and why. Reasons are sentences without a full stop, most important first. */
export type Decision =
  | { readonly state: 'fresh' }
  /** Outputs are in the cache; the reasons say which are missing or changed in place. */
  | { readonly state: 'restorable'; readonly reasons: readonly string[] }
  | { readonly state: 'stale'; readonly reasons: readonly string[] }
  /** Waits on stages that must run: it may run. */
  | { readonly state: 'blocked'; readonly reasons: readonly string[] };
