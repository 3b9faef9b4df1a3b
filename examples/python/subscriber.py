"""Prints Taskfold's events, one JSON object a line, each once.

    KAFKA_BROKERS=localhost:9092 SCHEMA_REGISTRY_URL=http://localhost:8081 python subscriber.py task-failures job-creations

It reads committed, and drops what has a `ce_id` that it has seen: after a crash between its own work and its commit it would
get the last events again. `--idle-s 5` ends it after that long without an event.
"""

import argparse
import collections
import json
import os
import sys
import time

from confluent_kafka import Consumer

from taskfold_schemas import Registry, decode

REMEMBERED_MAX = 100_000


def main() -> int:
    options = argparse.ArgumentParser(description="Prints Taskfold's events, each once.")
    options.add_argument("topics", nargs="+")
    options.add_argument("--group", default="example-subscriber")
    options.add_argument("--idle-s", type=float, default=None)
    chosen = options.parse_args()
    registry = Registry(os.environ["SCHEMA_REGISTRY_URL"])
    consumer = Consumer(
        {
            "bootstrap.servers": os.environ["KAFKA_BROKERS"],
            "group.id": chosen.group,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe(chosen.topics)
    seen: collections.OrderedDict[str, None] = collections.OrderedDict()
    heard = time.monotonic()
    try:
        while chosen.idle_s is None or time.monotonic() - heard < chosen.idle_s:
            message = consumer.poll(0.2)
            if message is None:
                continue
            if message.error():
                print(f"subscriber: {message.error()}", file=sys.stderr)
                continue
            heard = time.monotonic()
            headers = {name: value.decode() for name, value in message.headers() or []}
            if headers["ce_id"] not in seen:
                seen[headers["ce_id"]] = None
                if len(seen) > REMEMBERED_MAX:
                    seen.popitem(last=False)
                event = decode(registry, message.value())
                # The work on the event goes here. The token of a job creation is a credential: never print it.
                event.pop("token", None)
                print(json.dumps({"topic": message.topic(), "ce_id": headers["ce_id"], "ce_type": headers["ce_type"], **event}, default=str))
            consumer.commit(message, asynchronous=False)
    finally:
        consumer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
