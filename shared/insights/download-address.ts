/**
 * The hosts of Blob Storage and Data Lake Storage in the public cloud
 * (learn.microsoft.com/azure/storage/common/storage-account-overview, "Storage account endpoints").
 */
const storageHost = /^[a-z0-9-]+\.(blob|dfs)\.core\.windows\.net$/;

/**
 * Whether the data of a partition may be downloaded from `uri`, an address in a response from
 * Customer Insights. Allowed are the origin of the API itself, and Azure Storage over HTTPS. So no
 * response can make this app call an address in its own network.
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
