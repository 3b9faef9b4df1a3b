// The versions of the services, for the local stack and for the test that holds docker-compose.yml against it.

export const KAFKA_VERSION = '4.3.0';
export const REGISTRY_VERSION = '2.6.13.Final';
