import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Answer } from '../live/operator-api.ts';
import { Mark } from './badge.tsx';

type Step =
  | { readonly kind: 'asking' }
  | { readonly kind: 'acting' }
  | { readonly kind: 'done'; readonly said: string }
  | { readonly kind: 'failed'; readonly said: string };

export interface ActionDialogProps {
  readonly title: string;
  /** What will happen. */
  readonly children: ComponentChildren;
  /** On the button that does it. */
  readonly confirm: string;
  /** Does it, and says in a sentence what happened. */
  readonly act: (form: FormData) => Promise<Answer<string>>;
  readonly onClose: () => void;
}

/** Asks before something is done, does it, and says what happened. Escape, or the button, closes it. */
export function ActionDialog({ title, children, confirm, act, onClose }: ActionDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [step, setStep] = useState<Step>({ kind: 'asking' });
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (step.kind === 'acting') return;
    setStep({ kind: 'acting' });
    const answer = await act(new FormData(event.currentTarget as HTMLFormElement));
    setStep(
      answer.kind === 'answered' ? { kind: 'done', said: answer.value } : { kind: 'failed', said: answer.detail },
    );
  };
  const isOver = step.kind === 'done';
  return (
    <dialog ref={dialog} class="action" aria-labelledby="action-title" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="action-title">{title}</h2>
        <div class="question" hidden={isOver}>
          {children}
        </div>
        <p class={`said ${step.kind}`} role="status">
          {step.kind === 'acting' && 'Working…'}
          {(step.kind === 'done' || step.kind === 'failed') && (
            <>
              <Mark tone={step.kind === 'done' ? 'good' : 'bad'} />
              <span>{step.said}</span>
            </>
          )}
        </p>
        <div class="buttons">
          <button type="button" autofocus={isOver} onClick={() => dialog.current?.close()}>
            {isOver ? 'Close' : 'Cancel'}
          </button>
          {!isOver && (
            <button type="submit" class="primary" disabled={step.kind === 'acting'}>
              {step.kind === 'failed' ? 'Try again' : confirm}
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}
