import { contosoInstanceId as instanceId } from './customer-insights/seed/seeded-instances.ts';
import { SANDBOX_OPERATOR_KEY, type Stack } from './stack.ts';

/** The port for a user's own program that receives callbacks. */
const OWN_PORT = 9000;

/** Commands to try next, as text for a terminal. Creates the flow that they use. */
export function whatNext({ ports, flows }: Pick<Stack, 'ports' | 'flows'>): string {
  const api = `http://127.0.0.1:${ports.app}/api`;
  const platform = `${flows.url}/control`;
  const instance = `http://127.0.0.1:${ports.insights}/control/instances/${instanceId}`;
  const subject = { instanceId, segmentName: 'ChurnRisk', threshold: 150 };
  const flow = flows.createFlow({ name: 'Yours', trigger: 'segment-threshold-crossed', input: subject });
  const own = JSON.stringify({ callbackUrl: `http://127.0.0.1:${OWN_PORT}/called`, ...subject });
  return `
Everything runs until Ctrl-C and polls every 5 s. The dashboard shows what has happened and why:
${api}/dashboard with the operator key ${SANDBOX_OPERATOR_KEY}

Your turn. Try in another terminal:

# Check the health of the backend
curl -s ${api}/health
# Save the flow "Yours". It subscribes to more than 150 members in Churn risk
curl -s -X POST ${platform}/flows/${flow.id}/save
# Or subscribe your own program. Without a program on port ${OWN_PORT} the delivery is retried, first after 5 s
node -e 'require("http").createServer((q, s) => q.pipe(process.stdout) && s.end()).listen(${OWN_PORT}, "127.0.0.1")' &
curl -s ${api}/triggers/segment-threshold-crossed/subscriptions -H 'content-type: application/json' -d '${own}'
# List the subscriptions
curl -s ${api}/triggers/segment-threshold-crossed/subscriptions
# Move the segment above the threshold. It goes below first, because a value that stays above calls nobody
curl -s -X PUT ${instance}/segments/ChurnRisk/member-count -d '{"memberCount": 118}'
curl -s -X PUT ${instance}/segments/ChurnRisk/member-count -d '{"memberCount": 160}'
# Within 6 s the flow is called. Show its runs
curl -s ${platform}/flows/${flow.id}/runs
# Turn the flow off. It unsubscribes
curl -s -X POST ${platform}/flows/${flow.id}/turn-off

More commands: sandbox/README.md
`;
}
