import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

/** Where Debian's package `chromium` puts it. */
const EXECUTABLE = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export type Scheme = 'light' | 'dark';

/** A real browser with a profile of its own. */
export interface TestBrowser {
  readonly page: Page;
  /** What no page may do: break its policy, throw, or complain on the console; each as a line. */
  readonly complaints: readonly string[];
  /** As if the system were set so. */
  show(display: { readonly scheme?: Scheme; readonly width?: number; readonly height?: number }): Promise<void>;
  /** What axe finds wrong with what is shown, one line each. */
  violations(): Promise<string[]>;
  close(): Promise<void>;
}

/** `locale`: of the browser, and so of the fields for dates that it has itself. */
export async function openBrowser(locale = 'en-GB'): Promise<TestBrowser> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`There is no ${EXECUTABLE}: install Debian's chromium, or set CHROMIUM_PATH to a Chromium.`);
  }
  const profile = await mkdtemp(path.join(tmpdir(), 'browser-profile-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    headless: true,
    args: flags,
    viewport: { width: 1240, height: 900 },
    colorScheme: 'light',
    locale,
    timezoneId: 'Europe/Berlin',
  });
  context.setDefaultTimeout(60_000);
  const complaints = await complaintsOf(context);
  const page = context.pages()[0] ?? (await context.newPage());
  page.on('console', (message) => {
    const isOfPage = !message.text().startsWith('Failed to load resource');
    if (isOfPage && ['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`page: ${error.message}`));
  return {
    page,
    complaints,
    async show({ scheme, width = 1240, height = 900 }) {
      await page.setViewportSize({ width, height });
      if (scheme) await page.emulateMedia({ colorScheme: scheme });
    },
    violations: () => violationsOn(page),
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Of every page, from before its first script on. */
async function complaintsOf(context: BrowserContext): Promise<string[]> {
  const complaints: string[] = [];
  await context.exposeFunction('reportViolation', (text: string) => void complaints.push(`policy: ${text}`));
  await context.addInitScript(`
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      reportViolation(violatedDirective + ' ' + blockedURI));
  `);
  return complaints;
}

const axe = (): string => createRequire(path.resolve('package.json')).resolve('axe-core/axe.min.js');

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

async function violationsOn(page: Page): Promise<string[]> {
  // Through the debugger, past the policy of the page.
  await page.evaluate(await readScript());
  const { violations } = await page.evaluate<AxeResult>('axe.run(document, { resultTypes: ["violations"] })');
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${help}: ${html} ${failureSummary}`),
  );
}

let script: Promise<string> | undefined;

function readScript(): Promise<string> {
  script ??= import('node:fs/promises').then(({ readFile }) => readFile(axe(), 'utf8'));
  return script;
}
