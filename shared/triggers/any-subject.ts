/**
 * The stored subject of subscriptions to any data source, and of subscriptions to the whole
 * instance.
 */
export const ANY_SUBJECT = '*';
