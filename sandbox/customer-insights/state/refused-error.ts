/** A request for an impossible change or an unknown object. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  /** The HTTP status of the response. */
  readonly status: 400 | 404 | 409;
  constructor(status: 400 | 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}
