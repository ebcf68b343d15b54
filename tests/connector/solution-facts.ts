/**
 * What can be said of the format of a solution without saying what is in it: kinds of files,
 * elements, attributes and keys, and the kind of each value. Two solutions of the same format have
 * facts in common, whatever they are about.
 */
export function factsOf(files: ReadonlyMap<string, string>): Set<string> {
  const facts = new Set<string>();
  for (const [name, content] of files) {
    const kind = fileKind(name);
    facts.add(`file ${kind}`);
    if (name.endsWith('.xml')) xmlFacts(kind, content, facts);
    // A definition has a published schema of its own.
    else if (name.endsWith('.json') && !name.endsWith('_openapidefinition.json'))
      jsonFacts(kind, JSON.parse(content), facts);
  }
  return facts;
}

/** The name with what is a name or an id in it left open. */
function fileKind(name: string): string {
  return name
    .replace(/^Workflows\/.*-[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\.json$/, 'Workflows/NAME-ID.json')
    .replace(/^Connector\/[a-z]\w+?_[\w-]+?(?=_[a-z]+\.)/, 'Connector/PREFIX_NAME')
    .replace(/^(environmentvariabledefinitions)\/[a-z]\w+?_\w+\//, '$1/PREFIX_NAME/');
}

const guid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const kinds: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['nothing', /^$/],
  ['a number', /^\d+$/],
  ['a version', /^\d+(\.\d+)+$/],
  ['an id', new RegExp(`^${guid}$`)],
  ['an id in braces', new RegExp(`^\\{${guid}\\}$`)],
  ['an API', /^\/providers\/Microsoft\.PowerApps\/apis\/shared_[a-z0-9]+$/],
  ['a custom API', /^\/providers\/Microsoft\.PowerApps\/apis\/shared_[a-z0-9]+-5f[a-z0-9-]+-5f[0-9a-f]{16}$/],
  ['the name of a custom API', /^shared_[a-z0-9]+-5f[a-z0-9-]+-5f[0-9a-f]{16}$/],
  ['the name of an API', /^shared_[a-z0-9]+$/],
  ['a custom connector', /^[a-z0-9]+_5F[a-zA-Z0-9-]+$/],
  ['a file', /^\/(Connector|Workflows)\//],
  ['a color', /^#[0-9a-fA-F]{6}$/],
];

function kindOf(value: string): string {
  return kinds.find(([, pattern]) => pattern.test(value))?.[0] ?? 'a text';
}

/** Texts that are one of a few, and mean something: they are facts by themselves. */
const literal =
  /(Managed|Category|Type|StateCode|StatusCode|Scope|RunAs|connectortype|statecode|statuscode|@type|@behavior|\/type|@languagecode|@ContentType|Language)$/;

function xmlFacts(kind: string, xml: string, facts: Set<string>): void {
  const path: string[] = [];
  const tokens = xml.replace(/^\uFEFF?<\?xml[^>]*\?>/, '').matchAll(/<(\/?)([\w.]+)([^>]*?)(\/?)>([^<]*)/g);
  for (const [, close, name = '', attributes = '', empty, text = ''] of tokens) {
    if (close) {
      path.pop();
      continue;
    }
    const here = `${kind} ${[...path, name].join('/')}`;
    facts.add(here);
    for (const [, attribute = '', value = ''] of attributes.matchAll(/([\w:.]+)="([^"]*)"/g)) {
      const location = `${here}@${attribute}`;
      facts.add(`${location} is ${literal.test(location) ? value : kindOf(value)}`);
    }
    if (text.trim() !== '') facts.add(`${here} is ${literal.test(here) ? text.trim() : kindOf(text.trim())}`);
    if (!empty) path.push(name);
  }
}

/** Below these, keys are names. */
const named = /^(properties\/)?(definition\/)?(connectionReferences|parameters|triggers|actions)$|runAfter$/;

function jsonFacts(kind: string, value: unknown, facts: Set<string>, path = ''): void {
  const here = path === '' ? kind : `${kind} ${path}`;
  if (Array.isArray(value)) {
    for (const each of value) jsonFacts(kind, each, facts, `${path}[]`);
    return;
  }
  if (typeof value !== 'object' || value === null) {
    const isSaid = /(^|\/)(type|runtimeSource|schemaVersion|contentVersion|\$schema|identityProvider)$/.test(path);
    const said = typeof value === 'string' && !/connectionparameters/.test(kind) ? kindOf(value) : typeof value;
    facts.add(`${sharedHost(here)} is ${isSaid ? String(value) : said}`);
    return;
  }
  facts.add(sharedHost(here));
  for (const [key, child] of Object.entries(value)) {
    if (key === 'parameters' && path.endsWith('inputs')) {
      // Which parameters there are is up to the operation.
      facts.add(`${here}/parameters`);
    } else if (/policytemplateinstances/.test(kind) && key === 'Parameters') facts.add(`${here}/Parameters`);
    else jsonFacts(kind, child, facts, [path, named.test(path) ? '*' : key].filter((part) => part !== '').join('/'));
  }
}

/** Where a trigger and an action say alike which operation of which connector they are. */
function sharedHost(path: string): string {
  return path.replace(/(triggers|actions)\/\*\/inputs\/host/, 'triggers or actions/*/inputs/host');
}
