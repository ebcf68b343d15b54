/**
 * Each format is created when it is first used, because loading a language's data takes longer than
 * loading most of the app.
 */
const formats = new Map<Intl.ListFormatType, Intl.ListFormat>();

function joined(type: Intl.ListFormatType, words: Iterable<string>): string {
  const format = formats.get(type) ?? new Intl.ListFormat('en-GB', { type });
  formats.set(type, format);
  return format.format(words);
}

/** `one, two and three`. */
export function joinedWithAnd(words: Iterable<string>): string {
  return joined('conjunction', words);
}

/** `one, two or three`. */
export function joinedWithOr(words: Iterable<string>): string {
  return joined('disjunction', words);
}
