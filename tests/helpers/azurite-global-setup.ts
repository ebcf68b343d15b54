import { shareAzurite, startAzurite } from './azurite.ts';

/** Runs once, before Jest starts its workers; azurite-global-teardown.ts ends what it started. */
export default async function startSharedAzurite(): Promise<void> {
  const azurite = await startAzurite();
  shareAzurite(azurite);
  globalThis.stopSharedAzurite = () => azurite.stop();
}

declare global {
  var stopSharedAzurite: (() => Promise<void>) | undefined;
}
