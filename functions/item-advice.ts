import type { ItemQuery } from '../shared/insights/item-pages.ts';
import { labelOf } from '../shared/input-labels.ts';
import { joinedWithOr } from '../shared/joined-words.ts';

/**
 * The id of an entity that is a data source's table as it was ingested. It begins with the id of
 * the data source, which is a GUID.
 */
const INGESTED = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}_/i;

/**
 * Advice on a call that lists items of an entity, after Customer Insights refused it with
 * `message`: which of its inputs to change.
 */
export function adviceOnList(entity: string, { options }: ItemQuery, message = ''): string {
  const given = Object.keys(options);
  const named = given.filter((name) => message.includes(name));
  if (named.length > 0) return `Leave ${labels(named)} empty.`;
  if (given.includes('$filter')) return adviceOnFilter(entity);
  return given.length === 0 ? 'Choose another Entity.' : `Correct ${labels(given)}, or leave it empty.`;
}

function labels(names: readonly string[]): string {
  return joinedWithOr(names.map((name) => labelOf(name) ?? name));
}

/** The fields that can be filtered are those that Microsoft's page about its connector lists. */
function adviceOnFilter(entity: string): string {
  if (INGESTED.test(entity)) {
    return 'Leave Filter Query empty, and filter what the action returns, with the action Filter array.';
  }
  return `${filterFields(entity)} Write Filter Query like CustomerId eq 'a1': a field, then eq for equal, then a text in single quotes. For any other field, leave Filter Query empty, and filter what the action returns, with the action Filter array.`;
}

function filterFields(entity: string): string {
  switch (entity) {
    case 'Customer':
      return 'In Customer, only CustomerId can be filtered, and the fields that an administrator of Customer Insights has put into its search and filter index.';
    case 'UnifiedActivity':
      return 'In UnifiedActivity, only ActivityId and CustomerId can be filtered.';
    default:
      return "In this entity, only CustomerId can be filtered; in a data source's table, nothing can.";
  }
}

/**
 * Advice on creating an item, after Customer Insights refused it with `message`. Items can be
 * created only in `UnifiedActivity` and in a data source's tables of activities.
 */
export function adviceOnCreating(entity: string, message = ''): string {
  if (message.includes('validUntil')) return VALID_UNTIL;
  if (entity === 'UnifiedActivity') return CORRECT_ITEM;
  const other =
    "Only activities can be created: choose UnifiedActivity, or a data source's table of activities, as Entity.";
  return INGESTED.test(entity) ? `${CORRECT_ITEM} ${other}` : other;
}

/**
 * Advice on updating an item, after Customer Insights refused it with `message`. Only customers can
 * be updated.
 */
export function adviceOnUpdating(entity: string, message = ''): string {
  if (message.includes('validUntil')) return VALID_UNTIL;
  if (entity === 'Customer') return CORRECT_ITEM;
  return 'An activity stays as it was created: to add another one, use the action Create an item. To change a customer, choose Customer as Entity.';
}

const CORRECT_ITEM = 'Correct this in Item: add what is missing, and take out what is refused.';
const VALID_UNTIL =
  'Correct Valid Until to a time within the next 30 days, such as the expression addDays(utcNow(), 7), or leave it empty.';
