/** Something was asked for that cannot happen in Customer Insights, or of something that is not there. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  /** The HTTP status that says so. */
  readonly status: 400 | 404 | 409;
  constructor(status: 400 | 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}
