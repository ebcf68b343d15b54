import { CustomerInsightsError, type CustomerInsights } from '../insights/customer-insights.ts';
import { nearestNames, sameName, type Named } from '../nearest-names.ts';
import type { UnknownSubject } from '../subscriptions/subject-refusal.ts';
import { thresholdTriggers, triggers, type ThresholdTrigger } from '../triggers/trigger.ts';

/**
 * Finds what a maker may have meant by the name of a segment or measure that does not exist. The
 * name may resemble another name. Or the maker may have given the name of a measure to the trigger
 * for segments, or the reverse. Takes one call, and a second one unless the first list contains the
 * name in another spelling. Rejects with `CustomerInsightsError` when the first call fails.
 */
export async function unknownSubject(
  insights: CustomerInsights,
  {
    instanceId,
    trigger,
    name,
  }: { readonly instanceId: string; readonly trigger: ThresholdTrigger; readonly name: string },
): Promise<UnknownSubject> {
  const choices = await choicesOf[triggers[trigger].source](insights, instanceId);
  const unknown = {
    kind: 'unknown-subject',
    of: triggers[trigger].subject.kind,
    nearest: nearestNames(name, choices),
  } as const;
  if (sameName(name, choices)) return unknown;
  for (const other of thresholdTriggers.filter((each) => each !== trigger)) {
    const others = await orNone(choicesOf[triggers[other].source](insights, instanceId));
    const found = sameName(name, others);
    if (found) return { ...unknown, meantFor: { trigger: other, name: found.name } };
  }
  return unknown;
}

type ReadChoices = (insights: CustomerInsights, instanceId: string) => Promise<readonly Named[]>;

const choicesOf: Readonly<Record<'segments' | 'measures', ReadChoices>> = {
  segments: (insights, instanceId) => insights.segments(instanceId),
  measures: async (insights, instanceId) =>
    (await insights.measures(instanceId)).filter(({ withoutDimension }) => withoutDimension),
};

/** Returns no names when the call fails. The refusal is still correct without them. */
async function orNone(reading: Promise<readonly Named[]>): Promise<readonly Named[]> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof CustomerInsightsError) return [];
    throw error;
  }
}
