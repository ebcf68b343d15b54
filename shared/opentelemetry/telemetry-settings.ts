/** Where telemetry is sent and which part of the traces is kept. */
export interface TelemetrySettings {
  readonly serviceName: string;
  /**
   * The part of the traces begun by this app that is kept, 0 to 1. A trace that began elsewhere is
   * kept when its origin keeps it.
   */
  readonly sampledRatio: number;
  readonly otlp: OtlpSettings | undefined;
  readonly applicationInsights: ApplicationInsightsSettings | undefined;
}

export interface OtlpSettings {
  /** Without a trailing slash and without `v1/traces`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ApplicationInsightsSettings {
  readonly connectionString: string;
  /**
   * The identity of this app, when the key in the connection string is not enough. Without
   * `clientId`, it is the system-assigned identity.
   */
  readonly identity: { readonly clientId: string | undefined } | undefined;
}
