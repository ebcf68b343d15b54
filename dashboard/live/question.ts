import type { ComponentChildren } from 'preact';
import type { Answer } from './operator-api.ts';

/**
 * A confirmation before an action. It is kept outside the row that asked, because the row may
 * disappear after the action.
 */
export interface Question {
  readonly title: string;
  /** The title once it is done. */
  readonly done: string;
  /** A description of the action, with its input fields. */
  readonly about: ComponentChildren;
  /** The label of the button that runs the action. */
  readonly confirm: string;
  /** Runs the action and returns a sentence about the result. */
  readonly act: (form: FormData) => Promise<Answer<string>>;
}
