import { render, type JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { InstanceNameResponse } from '../shared/operations/operator-responses.ts';
import { unreachable } from '../shared/unreachable.ts';
import { operatorApi } from './live/operator-api.ts';
import { operatorContext } from './live/operator-context.ts';
import type { Question } from './live/question.ts';
import { hashOf, type Route } from './live/route.ts';
import { tabSession } from './live/session.ts';
import { useTitle } from './live/use-title.ts';
import { useKeys } from './live/use-keys.ts';
import { goBack, useRoute } from './live/use-route.ts';
import { READ_ONLY } from './parts/action-button.tsx';
import { ActionDialog } from './parts/action-dialog.tsx';
import { shownZone } from './live/zone.ts';
import { ZoneSwitch } from './parts/zone-switch.tsx';
import { HelpDialog } from './parts/help-dialog.tsx';
import { SearchBox } from './parts/search-box.tsx';
import { Search } from './views/search.tsx';
import { SignIn } from './parts/sign-in.tsx';
import { Audit } from './views/audit.tsx';
import { Deliveries } from './views/deliveries.tsx';
import { Overview } from './views/overview.tsx';
import { Recover } from './views/recover.tsx';
import { RecoveryProgress } from './views/recovery-progress.tsx';
import { Subscription } from './views/subscription.tsx';
import { Subscriptions } from './views/subscriptions.tsx';

const session = tabSession(sessionStorage);
const authentication = document.querySelector('meta[name=authentication]')?.getAttribute('content') ?? 'key';

/**
 * Whether the first view is shown without asking for a key: the tab has a key, or the platform
 * authenticates the user.
 */
const isKnown = session.key() !== undefined || authentication === 'entra';

function App(): JSX.Element {
  const [access, setAccess] = useState<{ open: boolean; problem?: string }>({ open: isKnown });
  const [isReadOnly, setReadOnly] = useState(false);
  const api = useMemo(
    () =>
      operatorApi({
        fetch: (...request) => fetch(...request),
        session,
        onUnknown: (detail) => {
          const problem = session.key() === undefined ? undefined : detail;
          session.forget();
          setAccess({ open: false, ...(problem !== undefined && { problem }) });
        },
        onAccess: setReadOnly,
      }),
    [],
  );
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    if (!access.open) return;
    void api.get<{ value: readonly InstanceNameResponse[] }>('instance-names').then((answer) => {
      if (answer.kind === 'answered') setNames(new Map(answer.value.value.map(({ id, name }) => [id, name])));
    });
  }, [api, access.open]);
  const instanceName = useCallback((id: string) => names.get(id) ?? id, [names]);
  const [, setTimes] = useState(0);
  const [question, ask] = useState<Question | undefined>();
  const context = useMemo(
    () => ({ api, instanceName, instances: names, isReadOnly, ask }),
    [api, instanceName, names, isReadOnly],
  );

  if (!access.open) {
    const onKey = (key: string): void => {
      session.keep(key);
      setAccess({ open: true });
    };
    return <SignIn authentication={authentication} problem={access.problem} onKey={onKey} />;
  }
  const leave = (): void => {
    session.forget();
    setAccess({ open: false });
  };
  return (
    <operatorContext.Provider value={context}>
      <Page
        key={shownZone()}
        isReadOnly={isReadOnly}
        onZone={() => setTimes((count) => count + 1)}
        onLeave={session.key() === undefined ? undefined : leave}
      />
      {question && <ActionDialog question={question} onClose={() => ask(undefined)} />}
    </operatorContext.Provider>
  );
}

const pages: readonly (readonly [name: string, route: Route])[] = [
  ['Overview', { view: 'overview' }],
  ['Subscriptions', { view: 'subscriptions', filter: {} }],
  ['Deliveries', { view: 'deliveries', status: 'dead', days: 7 }],
  ['Recover', { view: 'recover' }],
  ['Audit', { view: 'audit', days: 7 }],
];

function Page({
  isReadOnly,
  onLeave,
  onZone,
}: {
  readonly isReadOnly: boolean;
  readonly onLeave: (() => void) | undefined;
  /** Renders all times again. */
  readonly onZone: () => void;
}): JSX.Element {
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const [isHelping, setHelping] = useState(false);
  const parent = parentOf(route);
  const onBack = useCallback(() => parent && goBack(parent), [parent && hashOf(parent)]);
  const onHelp = useCallback(() => setHelping(true), []);
  useKeys({ onBack, onHelp });
  const page = route.view === 'subscription' ? 'subscriptions' : route.view;
  const where = route.view === 'subscription' ? route.id : route.view;
  // Moves the focus to the new view, so that a screen reader continues there.
  useEffect(() => {
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
    scrollTo(0, 0);
  }, [where]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the content
      </a>
      <header class="bar">
        <span class="brand">Customer Insights triggers</span>
        <nav aria-label="Views">
          {pages.map(([name, target]) => (
            <a key={name} href={hashOf(target)} aria-current={page === target.view ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <SearchBox text={route.view === 'search' ? route.q : ''} />
        <ZoneSwitch onChange={onZone} />
        <button
          type="button"
          class="quiet small"
          onClick={onHelp}
          aria-keyshortcuts="?"
          title="Keys and statuses ( ? )"
        >
          Help
        </button>
        {isReadOnly && (
          <span class="read-only" title={READ_ONLY}>
            Read only
          </span>
        )}
        {onLeave && (
          <button type="button" class="quiet small" onClick={onLeave}>
            Forget key
          </button>
        )}
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <View route={route} />
      </main>
      {isHelping && <HelpDialog onClose={() => setHelping(false)} />}
    </>
  );
}

/** Where the key for "back" leads when the tab has no view before this one. */
function parentOf(route: Route): Route | undefined {
  if (route.view === 'overview') return undefined;
  return route.view === 'subscription' ? { view: 'subscriptions', filter: {} } : { view: 'overview' };
}

function View({ route }: { readonly route: Route }): JSX.Element {
  switch (route.view) {
    case 'overview':
      return <Overview />;
    case 'subscriptions':
      return <Subscriptions filter={route.filter} />;
    case 'subscription':
      return <Subscription key={route.id} id={route.id} days={route.days} at={route.at} open={route.open} />;
    case 'deliveries':
      return <Deliveries route={route} />;
    case 'audit':
      return <Audit days={route.days} />;
    case 'recover':
      return route.id === undefined ? <Recover /> : <RecoveryProgress key={route.id} id={route.id} />;
    case 'search':
      return <Search key={route.q} q={route.q} />;
    case 'nowhere':
      return <Nowhere />;
    default:
      return unreachable(route);
  }
}

function Nowhere(): JSX.Element {
  useTitle('Nothing here');
  return (
    <>
      <h1>Nothing here</h1>
      <p>
        This address leads to no view. <a href={hashOf({ view: 'overview' })}>To the overview</a>
      </p>
    </>
  );
}

const root = document.getElementById('app');
if (root) render(<App />, root);
