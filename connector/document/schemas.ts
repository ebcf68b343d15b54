import type { TObject, TSchema } from '@sinclair/typebox';
import type { Schema } from './swagger-document.ts';

type More = Omit<Schema, 'type' | 'title' | 'description'>;

/** A string property with the title and description that the designer shows. */
export function text(title: string, description: string, more: More = {}): Schema {
  return { type: 'string', title, description, ...more };
}

export function instant(title: string, description: string): Schema {
  return text(title, description, { format: 'date-time' });
}

export function number(title: string, description: string): Schema {
  return { type: 'number', title, description };
}

export function integer(title: string, description: string): Schema {
  return { type: 'integer', title, description };
}

/** An object with required and optional properties. */
export function object(
  title: string,
  description: string,
  { always = {}, maybe = {} }: { always?: Record<string, Schema>; maybe?: Record<string, Schema> },
): Schema {
  const required = Object.keys(always);
  return {
    type: 'object',
    title,
    description,
    properties: { ...always, ...maybe },
    ...(required.length > 0 && { required }),
  };
}

export function list(title: string, description: string, items: Schema): Schema {
  return { type: 'array', title, description, items };
}

/**
 * Converts a TypeBox schema to Swagger, without `additionalProperties`, which designers do not use.
 */
export function swaggerSchema(schema: TObject | TSchema): Schema {
  // Converting to JSON text and back drops TypeBox's symbols.
  const { additionalProperties, ...rest } = JSON.parse(JSON.stringify(schema)) as Schema;
  return rest;
}
