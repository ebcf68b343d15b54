import { Type, type Static, type TObject, type TProperties, type TUnsafe } from '@sinclair/typebox';

/**
 * The facts of an event: the payload of its callbacks without the threshold, which belongs to one
 * subscription.
 */
export type FactsOf<Payload extends TProperties> = Readonly<Omit<Static<TObject<Payload>>, 'threshold'>>;

/** The schema of a text, with the title and the description that the flow designer shows. */
export const text = (title: string, description: string) => Type.String({ title, description });
/** The schema of a number, with title and description. */
export const number = (title: string, description: string) => Type.Number({ title, description });
/** The schema of an instant in ISO 8601 and UTC, with title and description. */
export const instant = (title: string, description: string) =>
  Type.String({ format: 'date-time', title, description: `${description} ISO 8601 in UTC.` });

/**
 * The schema of a text with a closed list of values. It is written by hand, because TypeBox would
 * write `anyOf` and `const`, which Swagger 2.0 does not support.
 */
export function oneOf<T extends string>(title: string, description: string, ...values: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: [...values], title, description });
}
