// The types of versions.mjs.
export const KAFKA_VERSION: string;
export const REGISTRY_VERSION: string;
