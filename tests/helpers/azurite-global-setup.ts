import { startSharedAzurite } from './azurite.ts';

/**
 * Runs once, before Jest starts its workers; azurite-global-teardown.ts ends what it started.
 *
 * @public
 */
export default async function setUpSharedAzurite(): Promise<void> {
  const azurite = await startSharedAzurite();
  globalThis.stopSharedAzurite = () => azurite.stop();
}

declare global {
  var stopSharedAzurite: (() => Promise<void>) | undefined;
}
