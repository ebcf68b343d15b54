import { randomBytes } from 'node:crypto';

/** A text that nobody may find, under a name for the report. */
export interface Secret {
  readonly name: string;
  readonly forms: readonly string[];
}

/**
 * The secret itself, and what becomes of it in a URL, in hexadecimal digits and in base64. `bytes`:
 * what it is when it is no text.
 */
export function secretOf(name: string, text: string, bytes = Buffer.from(text)): Secret {
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  const forms = [text, encodeURIComponent(text), bytes.toString('hex'), base64, bytes.toString('base64url')];
  return { name, forms: [...new Set(forms)] };
}

/** 24 letters and digits that nothing else has. */
export function marker(): string {
  return randomBytes(18).toString('base64url').replaceAll(/[-_]/g, 'x');
}

/** Something that was written, and where. */
export interface Written {
  readonly where: string;
  readonly text: string;
}

/** Each location at which a secret was found, with its name: `subscriptions: signature`. */
export function leaksIn(written: readonly Written[], secrets: readonly Secret[]): string[] {
  const found = written.flatMap(({ where, text }) => {
    // What a queue holds is base64: both that and its content are searched.
    const said = text.replaceAll(/(?<=<MessageText>)[^<]+/g, (base64) => Buffer.from(base64, 'base64').toString());
    const leaked = secrets.filter(({ forms }) => forms.some((form) => text.includes(form) || said.includes(form)));
    return leaked.map(({ name }) => `${where}: ${name}`);
  });
  return [...new Set(found)].sort();
}
