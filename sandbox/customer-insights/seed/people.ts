import { createHash } from 'node:crypto';
import { attribute, describeEntity } from '../state/entity-table.ts';
import type { EntityTable, Row } from '../state/entity-table.ts';

const firstNames = ['Amara', 'Bruno', 'Chloé', 'Dimitri', 'Elif', 'Farid', 'Greta', 'Hiro', 'Ines', 'Jonas', 'Keiko'];
const lastNames = ['Adler', 'Bakker', 'Costa', 'Dubois', 'Eriksen', 'Fischer', "O'Neill", 'Haddad', 'Ivanov'];
const cities = ['Berlin', 'Lyon', 'Lisboa', 'Utrecht', 'Oslo', 'Dublin', 'Praha'];
const countries = ['Germany', 'France', 'Portugal', 'Netherlands', 'Norway', 'Ireland', 'Czechia'];
const activityTypes = ['Purchase', 'SupportCase', 'WebVisit', 'LoyaltyReward'];
const activityTitles = ['Bought in the online store', 'Opened a case', 'Visited the shop page', 'Redeemed points'];

const pick = (list: readonly string[], index: number): string => list[index % list.length] ?? '';

/**
 * Creates `count` unified profiles, equal in every run. Names repeat only after 99 people. Every
 * tenth profile has no e-mail address, and every ninth has an apostrophe in the name.
 */
export function seededCustomers(count: number, refreshTime: string): EntityTable {
  return {
    metadata: describeEntity({
      name: 'Customer',
      entityType: 'profile',
      key: 'CustomerId',
      refreshTime,
      attributes: [
        attribute('CustomerId', 'Edm.String', 'filter'),
        attribute('FullName', 'Edm.String', 'filter and search'),
        attribute('FirstName', 'Edm.String'),
        attribute('LastName', 'Edm.String'),
        attribute('Email', 'Edm.String', 'filter and search'),
        attribute('City', 'Edm.String', 'filter and search'),
        attribute('Country', 'Edm.String', 'filter'),
        attribute('BirthDate', 'Edm.Date', 'filter'),
        attribute('NewsletterSubscribed', 'Edm.Boolean', 'filter'),
        attribute('LoyaltyPoints', 'Edm.Int64', 'filter'),
        attribute('TotalSpend', 'Edm.Double', 'filter'),
        attribute('ContosoCRM_Contacts_ContactId', 'Edm.String', 'filter'),
      ],
    }),
    ingested: false,
    rows: Array.from({ length: count }, (_, index) => customer(index)),
  };
}

function customer(index: number): Row {
  const firstName = pick(firstNames, index);
  const lastName = pick(lastNames, index);
  const mailbox = `${firstName}.${lastName}.${index}`.normalize('NFD').replace(/[^A-Za-z0-9.]/g, '');
  return {
    CustomerId: createHash('md5').update(`customer ${index}`).digest('hex'),
    FullName: `${firstName} ${lastName}`,
    FirstName: firstName,
    LastName: lastName,
    Email: index % 10 === 9 ? null : `${mailbox.toLowerCase()}@contoso.example`,
    City: pick(cities, index),
    Country: pick(countries, index),
    BirthDate: new Date(Date.UTC(1950 + (index % 55), index % 12, 1 + (index % 28))).toISOString().slice(0, 10),
    NewsletterSubscribed: index % 3 === 0,
    LoyaltyPoints: (index * 37) % 1000,
    TotalSpend: ((index * 7919) % 500_000) / 100,
    ContosoCRM_Contacts_ContactId: `CNTID_${1000 + index}`,
  };
}

/** Creates two activities for each customer, at most 400 days before `refreshTime`. */
export function seededActivities(customers: EntityTable, refreshTime: string): EntityTable {
  return {
    metadata: describeEntity({
      name: 'UnifiedActivity',
      entityType: 'unifiedActivity',
      key: 'ActivityId',
      refreshTime,
      attributes: [
        attribute('ActivityId', 'Edm.String', 'filter'),
        attribute('CustomerId', 'Edm.String', 'filter'),
        attribute('ActivityType', 'Edm.String', 'filter'),
        attribute('ActivityTypeDisplay', 'Edm.String', 'filter'),
        attribute('ActivityTime', 'Edm.DateTimeOffset', 'filter'),
        attribute('Title', 'Edm.String'),
        attribute('Description', 'Edm.String'),
        attribute('SourceTableName', 'Edm.String'),
        attribute('SourceActivityId', 'Edm.String'),
      ],
    }),
    ingested: false,
    rows: customers.rows.flatMap(({ CustomerId = null }, index) =>
      [2 * index, 2 * index + 1].map((number) => activity(CustomerId, number, refreshTime)),
    ),
  };
}

function activity(customerId: Row[string], number: number, refreshTime: string): Row {
  const type = pick(activityTypes, number);
  const hoursAgo = (number * 53) % (400 * 24);
  return {
    ActivityId: createHash('md5').update(`activity ${number}`).digest('hex'),
    CustomerId: customerId,
    ActivityType: type,
    ActivityTypeDisplay: type.replace(/(?<=[a-z])(?=[A-Z])/g, ' '),
    ActivityTime: new Date(Date.parse(refreshTime) - hoursAgo * 3_600_000).toISOString(),
    Title: pick(activityTitles, number),
    Description: null,
    SourceTableName: 'OnlineStore_Purchases',
    SourceActivityId: `P-${10_000 + number}`,
  };
}
