import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { StorageError, type Tables, type Write } from '../../shared/storage/tables.ts';
import { localServer } from '../helpers/local-server.ts';
import { insert, row } from '../helpers/rows.ts';

const SAS = 'sv=2019-02-02&sp=raud&sig=a%2Fb%3D';

let seen: { method: string | undefined; url: string | undefined; body: string }[] = [];
let respond: (response: ServerResponse) => void;
const server = createServer((request, response) => {
  void text(request).then((body) => {
    seen.push({ method: request.method, url: request.url, body });
    respond(response);
  });
});
const origin = localServer(server);
beforeEach(() => {
  seen = [];
});

function endpoint(): string {
  return `${origin()}/account`;
}

/** Tables with a shared access signature, without a key. */
function tables(): Tables {
  const connectionString = `QueueEndpoint=${endpoint()};TableEndpoint=${endpoint()}/;SharedAccessSignature=${SAS}`;
  return createAzureTables({ clients: openStorageClients({ account: { connectionString } }) });
}

const json =
  (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body));

const written =
  (headers: Readonly<Record<string, string>>) =>
  (response: ServerResponse): void =>
    void response.writeHead(204, headers).end();

/** The response to a transaction whose parts have these heads. */
const transaction =
  (...heads: string[]) =>
  (response: ServerResponse): void => {
    const parts = heads.map(
      (head) => `--changesetresponse_1\r\ncontent-type: application/http\r\n\r\n${head}\r\n\r\n\r\n`,
    );
    response
      .writeHead(202, { 'content-type': 'multipart/mixed; boundary=batchresponse_1' })
      .end(`--batchresponse_1\r\n\r\n${parts.join('')}--changesetresponse_1--\r\n--batchresponse_1--\r\n`);
  };

const CREATED = 'HTTP/1.1 204 No Content\r\nETag: W/"1"';
const DELETED = 'HTTP/1.1 204 No Content';
const remove: Write = { kind: 'delete', row: row('old'), etag: 'W/"0"' };

describe('with a shared access signature, a request carries it after its own parameters', () => {
  const urls = (): unknown[] => seen.map(({ method, url }) => `${method} ${url}`);

  test('for a row', async () => {
    respond = json({ PartitionKey: 'p', RowKey: 'r', 'odata.etag': 'W/"1"' });
    expect(await tables().get('state', 'p', 'r')).toMatchObject({ rowKey: 'r' });
    expect(urls()).toEqual([`GET /account/state(PartitionKey='p',RowKey='r')?${SAS}`]);
  });

  test('for a page and the page after it', async () => {
    respond = json({ value: [] }, { 'x-ms-continuation-nextpartitionkey': 'q', 'x-ms-continuation-nextrowkey': 's' });
    const { next = '' } = await tables().query('state', { partition: 'p' });
    await tables().query('state', { partition: 'p', next });
    const page = `GET /account/state()?$top=1000&$filter=${encodeURIComponent("PartitionKey eq 'p'").replaceAll("'", '%27')}`;
    expect(urls()).toEqual([`${page}&${SAS}`, `${page}&NextPartitionKey=q&NextRowKey=s&${SAS}`]);
  });

  test('for a write', async () => {
    respond = written({ etag: 'W/"1"' });
    expect(await tables().write('state', [insert('r')])).toEqual({ kind: 'written', etags: ['W/"1"'] });
    expect(urls()).toEqual([`POST /account/state?${SAS}`]);
  });

  test('for a transaction, and none of its parts does', async () => {
    respond = transaction(CREATED, DELETED);
    expect(await tables().write('state', [insert('r'), remove])).toEqual({
      kind: 'written',
      etags: ['W/"1"', undefined],
    });
    expect(urls()).toEqual([`POST /account/$batch?${SAS}`]);
    expect(seen[0]?.body.match(/^(POST|DELETE) .*$/gm)).toEqual([
      `POST ${endpoint()}/state HTTP/1.1`,
      `DELETE ${endpoint()}/state(PartitionKey='p',RowKey='old') HTTP/1.1`,
    ]);
    expect(seen[0]?.body).not.toContain('sig=');
  });

  test('for a table that is created', async () => {
    respond = (response) => {
      if (seen.length === 1) response.writeHead(404, { 'x-ms-error-code': 'TableNotFound' }).end();
      else written({ etag: 'W/"1"' })(response);
    };
    expect(await tables().write('state', [insert('r')])).toMatchObject({ kind: 'written' });
    expect(urls()).toEqual([`POST /account/state?${SAS}`, `POST /account/Tables?${SAS}`, `POST /account/state?${SAS}`]);
  });
});

describe('a success that lacks what its caller needs is an error of storage', () => {
  const page = (response: ServerResponse): void =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in</p>');
  const two: readonly [Write, Write] = [insert('r'), insert('s')];

  test.each<[string, typeof respond, (through: Tables) => Promise<unknown>]>([
    ['a row without JSON', page, (through) => through.get('state', 'p', 'r')],
    ['a page without JSON', page, (through) => through.query('state', { partition: 'p' })],
    ['a page without rows', json({}), (through) => through.query('state', { partition: 'p' })],
    ['an insert without an ETag', written({}), (through) => through.write('state', [insert('r')])],
    ['a transaction without parts', page, (through) => through.write('state', two)],
    ['a transaction with a part too few', transaction(CREATED), (through) => through.write('state', two)],
    ['a part without an ETag', transaction(CREATED, DELETED), (through) => through.write('state', two)],
    ['a part without a status', transaction(CREATED, 'ETag: W/"1"'), (through) => through.write('state', two)],
  ])('%s', async (_, response, ask) => {
    respond = response;
    const asked = ask(tables());
    await expect(asked).rejects.toBeInstanceOf(StorageError);
    await expect(asked).rejects.toThrow(/20[024] unexpected response/);
    expect(seen).toHaveLength(1);
  });

  test('but a delete has no ETag', async () => {
    respond = written({});
    expect(await tables().write('state', [remove])).toEqual({ kind: 'written', etags: [undefined] });
  });
});
