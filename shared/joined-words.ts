const conjunction = new Intl.ListFormat('en-GB', { type: 'conjunction' });
const disjunction = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/** `one, two and three`. */
export function joinedWithAnd(words: Iterable<string>): string {
  return conjunction.format(words);
}

/** `one, two or three`. */
export function joinedWithOr(words: Iterable<string>): string {
  return disjunction.format(words);
}
