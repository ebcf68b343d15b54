import { describe, expect, test } from '@jest/globals';
import { connectionOf, principalOf } from '../../functions/caller.ts';
import { identifyOperator } from '../../functions/operator-access.ts';

const TENANT = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const OTHER_TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad';
const OBJECT = 'aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb';
const CLIENT = '00001111-aaaa-2222-bbbb-3333cccc4444';
const API = '11112222-bbbb-3333-cccc-4444dddd5555';

type Claims = Readonly<Record<string, string | readonly string[]>>;

/**
 * Payloads of access tokens as
 * learn.microsoft.com/entra/identity-platform/access-token-claims-reference describes them.
 */
const tokens: Readonly<Record<string, (tenant: string) => Claims>> = {
  'version 1': (tenant) => ({
    aud: `api://${API}`,
    iss: `https://sts.windows.net/${tenant}/`,
    appid: CLIENT,
    appidacr: '1',
    name: 'Zoë',
    oid: OBJECT,
    roles: ['Data', 'Operator'],
    scp: 'user_impersonation',
    sub: 'pairwise-1',
    tid: tenant,
    unique_name: 'zoe@contoso.example',
    ver: '1.0',
  }),
  'version 2': (tenant) => ({
    aud: API,
    iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
    azp: CLIENT,
    azpacr: '1',
    name: 'Zoë',
    oid: OBJECT,
    preferred_username: 'zoe@contoso.example',
    roles: ['Data', 'Operator'],
    scp: 'user_impersonation',
    sub: 'pairwise-2',
    tid: tenant,
    ver: '2.0',
  }),
};

/** Names that App Service maps claims to, by default. */
const mapped: Readonly<Record<string, string>> = {
  oid: 'http://schemas.microsoft.com/identity/claims/objectidentifier',
  tid: 'http://schemas.microsoft.com/identity/claims/tenantid',
  scp: 'http://schemas.microsoft.com/identity/claims/scope',
  sub: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier',
  roles: 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role',
};

/** A request with the header that App Service makes of a token. */
function signedIn(
  claims: Claims,
  nameOf: (claim: string) => string = (claim) => claim,
): Parameters<typeof connectionOf>[0] {
  const list = Object.entries(claims).flatMap(([claim, values]) =>
    [values].flat().map((val) => ({ typ: nameOf(claim), val })),
  );
  const principal = { auth_typ: 'aad', claims: list, name_typ: nameOf('name'), role_typ: nameOf('roles') };
  const header = Buffer.from(JSON.stringify(principal)).toString('base64');
  const request = {
    headers: new Headers({ 'x-ms-client-principal': header }),
    method: 'GET',
    query: new URLSearchParams(),
  };
  return request as unknown as Parameters<typeof connectionOf>[0];
}

const entra = {
  authentication: 'entra',
  platformAuthenticates: true,
  allowedTenants: new Set([TENANT]),
  operatorKeys: [],
} as const;

const shapes = Object.entries(tokens).flatMap(([version, claimsOf]) =>
  [false, true].map((isMapped) => ({
    shape: `${version}, claims ${isMapped ? 'mapped' : 'as in the token'}`,
    requestOf: (tenant: string, leftOut?: string) => {
      const claims = Object.fromEntries(Object.entries(claimsOf(tenant)).filter(([claim]) => claim !== leftOut));
      return signedIn(claims, (claim) => (isMapped ? (mapped[claim] ?? claim) : claim));
    },
  })),
);

describe.each(shapes)('a principal of a token of $shape', ({ requestOf }) => {
  test('is a tenant, an object and roles', () => {
    const principal = { tenantId: TENANT, objectId: OBJECT, roles: ['Data', 'Operator'] };
    expect(principalOf(requestOf(TENANT), entra)).toEqual(principal);
    expect(identifyOperator(requestOf(TENANT), entra)).toEqual({ kind: 'operator', name: OBJECT, access: 'all' });
  });

  test('is the same connection as that of any other token of the same account', () => {
    const connections = shapes.map((other) => connectionOf(other.requestOf(TENANT), entra));
    expect(connections).toEqual(shapes.map(() => connectionOf(requestOf(TENANT), entra)));
    expect(connections[0]).toMatchObject({ kind: 'connection' });
  });

  test('of another tenant is nobody, unless no tenants are named', () => {
    expect(principalOf(requestOf(OTHER_TENANT), entra)).toBeUndefined();
    expect(connectionOf(requestOf(OTHER_TENANT), entra)).toMatchObject({ code: 'not-authenticated' });
    expect(identifyOperator(requestOf(OTHER_TENANT), entra)).toMatchObject({ code: 'not-authenticated' });
    const anyTenant = { ...entra, allowedTenants: new Set<string>() };
    expect(principalOf(requestOf(OTHER_TENANT), anyTenant)).toMatchObject({ tenantId: OTHER_TENANT });
  });

  test('without a tenant or an object is nobody', () => {
    for (const claim of ['tid', 'oid'])
      expect(connectionOf(requestOf(TENANT, claim), entra)).toMatchObject({ code: 'not-authenticated' });
    expect(connectionOf(requestOf(''), { ...entra, allowedTenants: new Set() })).toMatchObject({ kind: 'refused' });
  });

  test('is not believed where the platform does not authenticate', () => {
    const forged = { ...entra, platformAuthenticates: false };
    expect(principalOf(requestOf(TENANT), forged)).toBeUndefined();
    expect(connectionOf(requestOf(TENANT), forged)).toMatchObject({ code: 'not-authenticated' });
    expect(identifyOperator(requestOf(TENANT), forged)).toMatchObject({ kind: 'refused' });
  });
});

test('a tenant is the same in capitals', () => {
  const request = signedIn({ tid: TENANT.toUpperCase(), oid: OBJECT });
  expect(principalOf(request, entra)).toMatchObject({ objectId: OBJECT });
});
