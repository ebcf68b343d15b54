/** Something that can be chosen: the name that identifies it, and the one that people see. */
export interface Named {
  readonly name: string;
  readonly displayName: string;
}

const MAX_NEAREST = 3;

/**
 * The things whose name or display name is most like what was asked for, best first, three at most. Case, blanks, hyphens and underscores
 * do not count; what has hardly anything in common is left out.
 */
export function nearestNames(wanted: string, choices: Iterable<Named>): readonly Named[] {
  const asked = plain(wanted);
  const scored = [...choices].flatMap((choice) => {
    const distance = Math.min(...[choice.name, choice.displayName].map((name) => distanceOf(asked, plain(name))));
    return distance < 1 ? [{ choice, distance }] : [];
  });
  return scored
    .toSorted((a, b) => a.distance - b.distance || (a.choice.name < b.choice.name ? -1 : 1))
    .slice(0, MAX_NEAREST)
    .map(({ choice }) => choice);
}

/** As a sentence, to follow the one that says that there is no such thing; empty when nothing is near. */
export function nearestSentence(nearest: readonly Named[]): string {
  if (nearest.length === 0) return '';
  const names = nearest.map(({ name, displayName }) => (name === displayName ? name : `${name} (${displayName})`));
  return ` Did you mean ${names.join(', or ')}?`;
}

/** Names are at most this long where they are compared: the work grows with the square. */
const MAX_COMPARED = 64;

function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[\s_-]/g, '')
    .slice(0, MAX_COMPARED);
}

/** 0 for the same, below 1 for what is like it, 1 for anything else. */
function distanceOf(asked: string, name: string): number {
  if (asked === '' || name === '') return 1;
  if (asked === name) return 0;
  const share = editDistance(asked, name) / Math.max(asked.length, name.length);
  if (share <= 0.4) return share;
  return asked.length >= 3 && (name.includes(asked) || asked.includes(name)) ? 0.5 : 1;
}

/** How many characters must be put in, taken out or replaced (Levenshtein). */
function editDistance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[other.length] ?? 0;
}
