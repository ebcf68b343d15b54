import type { ErrorObject } from 'ajv';
import { inputLabels, labelOf, type InputName } from './input-labels.ts';
import { joinedWithAnd, joinedWithOr } from './joined-words.ts';
import { shownValue } from './shown-value.ts';

/**
 * The sentence for an error in a body that a flow maker filled in on a card. A card is the form of
 * a trigger or an action in Power Automate's designer. `undefined` when the general message of
 * `bodyError` suffices, or when no card shows the property.
 */
export function cardSentence(error: ErrorObject): string | undefined {
  const { keyword, data, instancePath } = error;
  const params = error.params as Readonly<Record<string, unknown>>;
  if (keyword === 'additionalProperties') return unknownInput(error, String(params['additionalProperty']));
  if (keyword === 'required') return emptyInput(String(params['missingProperty']), schemaOfMissing(error));
  const name = instancePath.slice(1);
  const label = labelOf(name);
  if (label === undefined) return undefined;
  if (data === null || data === '') return emptyInput(name, schemaOf(error));
  if (keyword === 'format' && params['format'] === 'uuid') {
    return `${label} must be ${expectedInstance.form}; it was ${shownValue(data)}. ${expectedInstance.advice}`;
  }
  if (keyword !== 'enum') return undefined;
  return `${label} must be ${choiceMeaning(params['allowedValues'] as readonly string[], data)}.`;
}

/** What an error text says after "Instance must be", and a sentence of advice. */
export const expectedInstance = {
  form: 'chosen from the list',
  advice: 'A custom value must be the ID of an instance, such as 0f1e2d3c-4b5a-4968-8776-655443322110.',
};

/**
 * What an error text says after words such as "Started By must be", for a value that is not one of
 * `choices`.
 */
function choiceMeaning(choices: readonly string[], value: unknown): string {
  const meant = choices.find((choice) => choice.toLowerCase() === String(value).toLowerCase());
  const advice = meant === undefined ? 'Choose it from the list' : `Write it as ${meant}, or choose it from the list`;
  return `${joinedWithOr(choices)}; it was ${shownValue(value)}. ${advice}`;
}

interface PropertySchema {
  readonly type?: unknown;
  readonly format?: unknown;
  readonly properties?: Readonly<Record<string, PropertySchema>>;
}

function schemaOf({ parentSchema }: ErrorObject): PropertySchema {
  return (parentSchema ?? {}) as PropertySchema;
}

function schemaOfMissing(error: ErrorObject): PropertySchema {
  const name = String((error.params as Readonly<Record<string, unknown>>)['missingProperty']);
  return schemaOf(error).properties?.[name] ?? {};
}

/**
 * The sentence for an input without a value. Every required text input on a card is a drop-down. A
 * required timestamp occurs only in the operator API, which has no cards.
 */
function emptyInput(name: string, { type, format }: PropertySchema): string | undefined {
  const label = labelOf(name);
  if (label === undefined || format === 'date-time') return undefined;
  if (name === 'callbackUrl') {
    return `${label} is missing. Power Automate fills it in: if this is the card of a trigger, delete the trigger and add it again. An HTTP call must have callbackUrl in its body: the https address that this service is to call.`;
  }
  const advice = type === 'string' ? 'choose one from the list' : 'enter a number, such as 1500';
  return `${label} is empty: ${advice}.`;
}

/**
 * The sentence for a property that a trigger or action of the connector does not have. `undefined`
 * for other bodies.
 */
function unknownInput(error: ErrorObject, name: string): string | undefined {
  const names = Object.keys(schemaOf(error).properties ?? {});
  const labels = names.filter((known) => known !== 'callbackUrl').map(labelOf);
  if (labels.length === 0 || labels.includes(undefined)) return undefined;
  const card = names.includes('callbackUrl') ? 'trigger' : 'action';
  const shown = labelOf(name) ?? (/^[\w.$-]{1,40}$/.test(name) ? name : undefined);
  const what = shown === undefined ? 'was given an input that it does not have' : `has no input ${shown}`;
  const inputs = joinedWithAnd(labels.filter((label) => label !== undefined));
  const elsewhere = card === 'trigger' ? (triggersWithInput[name] ?? '') : '';
  return `This ${card} ${what}. Its inputs are ${inputs}. ${elsewhere}${elsewhere ? 'Otherwise, delete' : 'Delete'} the ${card} from the flow and add it again, to get a card with these inputs. Then check the cards that use its outputs. In an HTTP call, take the input out of the body.`;
}

/** Says which trigger has an input, by the name of the input. */
const triggersWithInput: Readonly<Record<string, string>> = {
  segmentName: 'For a segment, use the trigger When a segment crosses above a threshold. ',
  measureName: 'For a measure, use the trigger When a measure crosses above a threshold. ',
  threshold:
    'For a threshold, use the trigger When a segment crosses above a threshold or When a measure crosses above a threshold. ',
  dataSourceId:
    'For one data source, use the trigger When a data source refresh fails or When a data source refresh succeeds. ',
  startedBy: 'To tell who started a refresh, use the trigger When a full refresh is completed. ',
};

/** The sentence for a required query parameter that is absent and is a drop-down on the card. */
export function emptyChoiceSentence(name: InputName): string {
  return `${inputLabels[name]} is empty: choose one from the list.`;
}
