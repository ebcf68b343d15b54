/** Blob and data lake storage of the public cloud (learn.microsoft.com/azure/storage/common/storage-account-overview, endpoints). */
const storageHost = /^[a-z0-9-]+\.(blob|dfs)\.core\.windows\.net$/;

/**
 * Whether the data of a partition may be fetched from `uri`, which came out of an answer: from the origin of the API
 * itself, or over https from Azure storage. So no answer can make this service call into its own network.
 */
export function isDownloadAddress(uri: string, apiUrl: string): boolean {
  const url = URL.parse(uri);
  // A `blob:` URL has the origin that it names.
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return false;
  if (isApiAddress(uri, apiUrl)) return true;
  return url.protocol === 'https:' && url.port === '' && storageHost.test(url.hostname);
}

/** Whether it is an address of the API itself. */
export function isApiAddress(uri: string, apiUrl: string): boolean {
  return URL.parse(uri)?.origin === URL.parse(apiUrl)?.origin;
}
