/** Names in a line: up to four, of more the first three and how many there are beside. */
export function nameFew(names: readonly string[]): string {
  return (names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names).join(', ');
}
