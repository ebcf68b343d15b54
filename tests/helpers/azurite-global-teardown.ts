/**
 * Ends the Azurite of azurite-global-setup.ts: Jest runs both in one process and hands nothing from
 * one to the other.
 *
 * @public
 */
export default async function stopSharedAzurite(): Promise<void> {
  await globalThis.stopSharedAzurite?.();
}
