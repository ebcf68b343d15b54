@export()
@description('Settings of the app that may be left empty: it then takes its default. Every setting is here, except those that the template makes.')
@sealed()
type appSettings = {
  CUSTOMER_INSIGHTS_API_URL: string
  CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY: string
  CUSTOMER_INSIGHTS_CREDENTIAL: string
  CUSTOMER_INSIGHTS_SCOPE: string
  CUSTOMER_INSIGHTS_WORKFLOW_PATH: string
  CUSTOMER_INSIGHTS_TIMEOUT_MS: string
  ALLOWED_INSTANCES: string
  MAX_SUBSCRIPTIONS_PER_CONNECTION: string
  PUBLIC_BASE_URL: string
  POLL_SCHEDULE: string
  RECONCILE_SCHEDULE: string
  CALLBACK_ALLOWED_HOSTS: string
  CALLBACK_ALLOWED_NETWORKS: string
  OPERATOR_WEBHOOK_URL: string
  DELIVERY_TIMEOUT_MS: string
  DELIVERY_SCHEDULE_SECONDS: string
  RATE_LIMIT_CALLS: string
  RATE_LIMIT_WINDOW_SECONDS: string
  CLAIM_SECONDS: string
  RETENTION_MONTHS: string
  DATA_ACTIONS: string
  CONNECTOR_CLIENT_ID: string
  CONTACT_EMAIL: string
  CREATE_FLOW_URL: string
  OTEL_EXPORTER_OTLP_ENDPOINT: string
  OTEL_EXPORTER_OTLP_HEADERS: string
  OTEL_SDK_DISABLED: string
  OTEL_SERVICE_NAME: string
  OTEL_TRACES_SAMPLER: string
  OTEL_TRACES_SAMPLER_ARG: string
}

@export()
@description('Instances that are kept running, of a group of functions: `http`, or `function:` and the name of a queue or timer function.')
@sealed()
type alwaysReadyInstances = {
  name: string
  @minValue(0)
  @maxValue(1000)
  instanceCount: int
}
