import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Question } from '../live/question.ts';
import { Mark } from './badge.tsx';

type Step =
  | { readonly kind: 'asking' }
  | { readonly kind: 'acting' }
  | { readonly kind: 'done'; readonly sentence: string }
  | { readonly kind: 'failed'; readonly sentence: string };

/** Asks for confirmation, runs the action, and shows its result. Escape or the button closes it. */
export function ActionDialog({
  question: { title, done, about, confirm, act },
  onClose,
}: {
  readonly question: Question;
  readonly onClose: () => void;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [step, setStep] = useState<Step>({ kind: 'asking' });
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (step.kind === 'acting') return;
    setStep({ kind: 'acting' });
    const answer = await act(new FormData(event.currentTarget as HTMLFormElement));
    setStep(
      answer.kind === 'answered'
        ? { kind: 'done', sentence: answer.value }
        : { kind: 'failed', sentence: answer.detail },
    );
  };
  const isOver = step.kind === 'done';
  return (
    <dialog ref={dialog} class="action" aria-labelledby="action-title" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="action-title">{isOver ? done : title}</h2>
        <div class="question" hidden={isOver}>
          {about}
        </div>
        <p class={`said ${step.kind}`} role="status">
          {step.kind === 'acting' && 'Working…'}
          {(step.kind === 'done' || step.kind === 'failed') && (
            <>
              <Mark tone={step.kind === 'done' ? 'good' : 'bad'} />
              <span>{step.sentence}</span>
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
