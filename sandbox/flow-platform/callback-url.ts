import type { TriggerSegment } from './notification-schemas.ts';

/** The parts of a callback URL. `signature` is the secret. */
export interface CallbackAddress {
  readonly workflowId: string;
  readonly trigger: TriggerSegment;
  readonly version: string;
  readonly signature: string;
}

/**
 * The maker's language names a trigger, with `_` for spaces. These names are Japanese, because each
 * character takes nine in a URL. Callback URLs of makers outside English are the ones that break a
 * backend.
 */
const triggerNames: Readonly<Record<TriggerSegment, string>> = {
  'data-source-refresh-failed': 'データ_ソースの更新に失敗したとき',
  'data-source-refresh-succeeded': 'データ_ソースの更新に成功したとき',
  'segment-threshold-crossed': 'セグメントの人数がしきい値を超えたとき',
  'measure-threshold-crossed': 'メジャーの値がしきい値を超えたとき',
  'full-refresh-completed': '予約されたフル更新が完了したとき',
  'unification-refresh-completed': 'データの統合の更新が完了したとき',
};

/** The name of the flow's trigger, percent-encoded as in a path and in a header. */
export function encodedTriggerName(trigger: TriggerSegment): string {
  return encodeURIComponent(triggerNames[trigger]);
}

/**
 * Path and query of the callback URL of a connector's webhook trigger, in the form that Logic Apps
 * hosting uses: with the version, the permissions in `sp` escaped (`%2F`, `%2C`), 650 to 880
 * characters long.
 */
export function callbackPath({ workflowId, trigger, version, signature }: CallbackAddress): string {
  const name = encodedTriggerName(trigger);
  const permission = (verb: string): string => `%2Ftriggers%2F${name}%2Fversions%2F${version}%2F${verb}`;
  return (
    `/workflows/${workflowId}/triggers/${name}/versions/${version}/run` +
    `?api-version=2016-06-01&sp=${permission('run')}%2C${permission('read')}&sv=1.0&sig=${signature}`
  );
}
