// Runs before each test file: no setting of the machine's own services reaches a test, so that none can touch them.
for (const name of Object.keys(process.env)) {
  if (/^(TASKFOLD_|KAFKA_|SCHEMA_REGISTRY_|REDIS_)/.test(name)) delete process.env[name];
}
