import type { ComponentChildren } from 'preact';
import type { Answer } from './operator-api.ts';

/** What is asked before something is done. It outlives whatever asked: a row may be gone once its action is done. */
export interface Question {
  readonly title: string;
  /** What will happen, with the fields of what has to be said about it. */
  readonly about: ComponentChildren;
  /** On the button that does it. */
  readonly confirm: string;
  /** Does it, and says in a sentence what happened. */
  readonly act: (form: FormData) => Promise<Answer<string>>;
}
