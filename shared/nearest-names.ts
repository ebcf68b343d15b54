import { joinedWithOr } from './joined-words.ts';

/** A choice with the name that identifies it and the name that users see. */
export interface Named {
  readonly name: string;
  readonly displayName: string;
}

const MAX_NEAREST = 3;

/**
 * At most three choices whose name or display name is similar to `wanted`, the most similar first.
 * Case, blanks, hyphens and underscores are ignored.
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

/**
 * The choice whose name or display name equals `wanted`. Case, blanks, hyphens and underscores are
 * ignored.
 */
export function sameName(wanted: string, choices: Iterable<Named>): Named | undefined {
  const asked = plain(wanted);
  return [...choices].find(({ name, displayName }) => plain(name) === asked || plain(displayName) === asked);
}

/** A sentence that suggests names, to follow "there is no such …". Empty when no name is near. */
export function nearestSentence(nearest: readonly Named[]): string {
  if (nearest.length === 0) return '';
  const names = nearest.map(({ name, displayName }) =>
    name === displayName ? name : `${name} (in the list: ${displayName})`,
  );
  return ` Did you mean ${joinedWithOr(names)}?`;
}

/**
 * Names are cut to this length before the comparison, because its cost grows with the square of the
 * length.
 */
const MAX_COMPARED = 64;

function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[\s_-]/g, '')
    .slice(0, MAX_COMPARED);
}

/** 0 for equal names, below 1 for similar names, 1 for all others. */
function distanceOf(asked: string, name: string): number {
  if (asked === '' || name === '') return 1;
  if (asked === name) return 0;
  const share = editDistance(asked, name) / Math.max(asked.length, name.length);
  if (share <= 0.4) return share;
  return asked.length >= 3 && (name.includes(asked) || asked.includes(name)) ? 0.5 : 1;
}

/** The number of characters to insert, delete or replace (Levenshtein distance). */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
