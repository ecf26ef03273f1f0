import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What a page violates of all rules of axe: the rule, and the first element. */
export async function violationsOf(
  page: Page,
): Promise<readonly (readonly [rule: string, element: string])[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{
    readonly violations: readonly { id: string; nodes: readonly { html: string }[] }[];
  }>('axe.run()');
  return violations.map(({ id, nodes }) => [id, nodes[0]!.html.slice(0, 200)] as const);
}
