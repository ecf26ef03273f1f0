/** What ends the process that calls it. */
const endings = ['exit', 'reallyExit', 'abort', 'kill'] as const;

/**
 * Imports the spec of a project's own kind. Its code runs in our process, since settings and checks are functions. What
 * would end the process throws instead, so that it breaks this kind and no command. A spec that waits for what cannot come
 * leaves Node without work, at which it would end too.
 */
export async function importSpec(url: string): Promise<Readonly<Record<string, unknown>>> {
  const functions = process as unknown as Record<string, unknown>;
  const originals = endings.map((name) => [name, functions[name]] as const);
  let giveUp = () => {};
  try {
    for (const name of endings) {
      functions[name] = () => {
        throw new Error(`its spec calls process.${name}, which would end Restage. A spec only describes its kind`);
      };
    }
    const stuck = new Promise<never>((_, reject) => {
      giveUp = () => reject(new Error('its spec waits at top level for something that never comes'));
    });
    process.once('beforeExit', giveUp);
    return await Promise.race([import(url), stuck]);
  } finally {
    process.off('beforeExit', giveUp);
    for (const [name, original] of originals) functions[name] = original;
  }
}
