import { Type, type Static, type TObject, type TProperties, type TUnsafe } from '@sinclair/typebox';

/** The facts of an event: its payload without the threshold, which belongs to one subscription. */
export type FactsOf<Payload extends TProperties> = Readonly<Omit<Static<TObject<Payload>>, 'threshold'>>;

/** A text with the title and the description that the designer shows. */
export const text = (title: string, description: string) => Type.String({ title, description });
/** A number, likewise. */
export const number = (title: string, description: string) => Type.Number({ title, description });
/** An instant, likewise: ISO 8601 in UTC. */
export const instant = (title: string, description: string) =>
  Type.String({ format: 'date-time', title, description: `${description} ISO 8601 in UTC.` });

/**
 * A text with a closed list of values. TypeBox would write `anyOf` and `const`, which Swagger 2.0
 * does not have.
 */
export function oneOf<T extends string>(title: string, description: string, ...values: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: [...values], title, description });
}
