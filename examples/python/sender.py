"""Sends status updates to Taskfold: one JSON object a line on standard input, with the names of TaskStatusDetail.

    KAFKA_BROKERS=localhost:9092 SCHEMA_REGISTRY_URL=http://localhost:8081 python sender.py < updates.jsonl

What matters: the key is internal_task_id, the partitioner is murmur2 (librdkafka's own default is another one, and nearly
every record would have to be sent home by Taskfold), and the producer is idempotent, so that its retries repeat nothing.
"""

import json
import os
import sys

from confluent_kafka import Producer

from taskfold_schemas import Registry, encode

TOPIC = os.environ.get("TASKFOLD_INPUT_TOPIC", "task-status")


def main() -> int:
    schema_id, schema = Registry(os.environ["SCHEMA_REGISTRY_URL"]).latest(f"{TOPIC}-value")
    producer = Producer(
        {
            "bootstrap.servers": os.environ["KAFKA_BROKERS"],
            "partitioner": os.environ.get("PARTITIONER", "murmur2_random"),
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": 20,
        }
    )
    failed = []

    def delivered(error, _message):
        # An update that was not acknowledged is not lost: an engine keeps its deltas and posts them again with what has come since.
        if error is not None:
            failed.append(str(error))

    sent = 0
    for line in sys.stdin:
        update = json.loads(line)
        value = encode(schema_id, schema, update)
        while True:
            try:
                producer.produce(TOPIC, value=value, key=update.get("internal_task_id"), on_delivery=delivered)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
        sent += 1
    producer.flush()
    print(json.dumps({"sent": sent - len(failed), "failed": len(failed)}))
    if failed:
        print(f"sender: {failed[0]}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
