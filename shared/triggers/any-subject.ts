/**
 * The subject of subscriptions to any data source and of triggers that concern the whole instance.
 */
export const ANY_SUBJECT = '*';
