/** Where telemetry is sent, and what fraction of the traces is kept. */
export interface TelemetrySettings {
  readonly serviceName: string;
  /**
   * The fraction (0 to 1) of the traces begun by this app that is kept. A trace that began in
   * another service is kept if that service keeps it.
   */
  readonly sampledRatio: number;
  readonly otlp: OtlpSettings | undefined;
  readonly applicationInsights: ApplicationInsightsSettings | undefined;
}

/** A receiver of OTLP (OpenTelemetry's protocol) over HTTP. */
export interface OtlpSettings {
  /** Without a trailing slash and without `v1/traces`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ApplicationInsightsSettings {
  readonly connectionString: string;
  /**
   * The managed identity with which this app authenticates, when the key in the connection string
   * is not enough. If `clientId` is absent, the system-assigned identity is used.
   */
  readonly identity: { readonly clientId: string | undefined } | undefined;
}
