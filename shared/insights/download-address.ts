/**
 * Blob and data lake storage of the public cloud
 * (learn.microsoft.com/azure/storage/common/storage-account-overview, endpoints).
 */
const storageHost = /^[a-z0-9-]+\.(blob|dfs)\.core\.windows\.net$/;

/**
 * Whether the data of a partition may be fetched from `uri`, which a response of the service
 * contained. Allowed are the origin of the API itself, and Azure storage over https. So no response
 * can make this service call an address in its own network.
 */
export function isDownloadAddress(uri: string, apiUrl: string): boolean {
  const url = URL.parse(uri);
  // A `blob:` URL has the origin of the URL that it contains.
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return false;
  if (isApiAddress(uri, apiUrl)) return true;
  return url.protocol === 'https:' && url.port === '' && storageHost.test(url.hostname);
}

/** Whether the address is one of the API itself. */
export function isApiAddress(uri: string, apiUrl: string): boolean {
  return URL.parse(uri)?.origin === URL.parse(apiUrl)?.origin;
}
