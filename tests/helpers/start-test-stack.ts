import { startStack, type Stack, type StackOptions } from '../../sandbox/stack.ts';
import { ownAccount } from './azurite.ts';

/** A stack on an account of its own of the Azurite that all tests share. */
export function startTestStack(options: StackOptions = {}): Promise<Stack> {
  return startStack({ azurite: ownAccount(), ...options });
}
