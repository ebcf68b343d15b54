import { Type, type Static, type TObject, type TProperties } from '@sinclair/typebox';
import { ANY_SUBJECT } from './any-subject.ts';
import { startedByOf, startedByValues, subjectStartedBy, type StartedBy } from './started-by.ts';

/**
 * A kind of subject. Says how the inputs of a subscribe request become the stored name of a
 * subject, and back.
 */
export interface SubjectKind<Inputs extends TProperties> {
  readonly kind: 'segment' | 'measure' | 'data-source' | 'instance' | 'started-by';
  /** The properties of the subscribe body that name the subject. */
  readonly inputs: Inputs;
  /** Makes the stored name of a subject from the inputs. */
  readonly subjectName: (inputs: Static<TObject<Inputs>>) => string;
  /**
   * Makes the inputs from a stored name, to show them with a subscription. The reverse of
   * `subjectName`. Empty for a subscription to any subject.
   */
  readonly inputsOf: (name: string) => Partial<Static<TObject<Inputs>>>;
  /** Makes the stored name of a subject from the name that Customer Insights uses. */
  readonly storedName: (name: string) => string;
}

const unchanged = (name: string): string => name;

const segmentInputs = { segmentName: Type.String({ minLength: 1, maxLength: 256 }) };
const measureInputs = { measureName: Type.String({ minLength: 1, maxLength: 256 }) };
const dataSourceInputs = {
  dataSourceId: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      // `ANY_SUBJECT` is stored for any data source, so it is not a valid id.
      pattern: '^[^*]*$',
      description: 'The data source; any data source when absent.',
    }),
  ),
};
const startedByInputs = {
  startedBy: Type.Optional(
    // TypeBox would write `anyOf` and `const`, which Swagger 2.0 does not support.
    Type.Unsafe<StartedBy>({
      type: 'string',
      enum: [...startedByValues],
      description: 'Who started the refresh: a schedule, a user, or any of them when absent.',
    }),
  ),
};

/** One segment, by its unique name. */
export const segment = {
  kind: 'segment',
  inputs: segmentInputs,
  subjectName: ({ segmentName }) => segmentName,
  inputsOf: (name) => ({ segmentName: name }),
  storedName: unchanged,
} as const satisfies SubjectKind<typeof segmentInputs>;

/** One measure, by its unique name. */
export const measure = {
  kind: 'measure',
  inputs: measureInputs,
  subjectName: ({ measureName }) => measureName,
  inputsOf: (name) => ({ measureName: name }),
  storedName: unchanged,
} as const satisfies SubjectKind<typeof measureInputs>;

/** One data source, by its id in lower case, or any data source. */
export const dataSource = {
  kind: 'data-source',
  inputs: dataSourceInputs,
  subjectName: ({ dataSourceId = ANY_SUBJECT }) => dataSourceId.toLowerCase().trim(),
  inputsOf: (name) => (name === ANY_SUBJECT ? {} : { dataSourceId: name }),
  storedName: (name) => name.toLowerCase(),
} as const satisfies SubjectKind<typeof dataSourceInputs>;

const noInputs = {};

/** The instance as a whole. */
export const wholeInstance = {
  kind: 'instance',
  inputs: noInputs,
  subjectName: () => ANY_SUBJECT,
  inputsOf: () => ({}),
  storedName: unchanged,
} as const satisfies SubjectKind<typeof noInputs>;

/** The refreshes of the whole instance that were started by a schedule, by a user, or by either. */
export const startedBy = {
  kind: 'started-by',
  inputs: startedByInputs,
  subjectName: ({ startedBy = 'any' }) => subjectStartedBy(startedBy),
  inputsOf: (name) => (startedByOf(name) === 'any' ? {} : { startedBy: startedByOf(name) }),
  storedName: unchanged,
} as const satisfies SubjectKind<typeof startedByInputs>;
