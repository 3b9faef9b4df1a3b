"""Schemas of the registry and Confluent's wire format: a zero byte, the schema's id in four bytes, then the Avro of the value."""

import io
import json
import struct
import urllib.parse
import urllib.request

import fastavro


class Registry:
    def __init__(self, url: str):
        self._url = url.rstrip("/")
        self._by_id: dict[int, object] = {}

    def latest(self, subject: str) -> tuple[int, object]:
        """The newest schema of a subject: its id, and the schema itself."""
        answer = self._get(f"/subjects/{urllib.parse.quote(subject, safe='')}/versions/latest")
        return answer["id"], fastavro.parse_schema(json.loads(answer["schema"]))

    def by_id(self, schema_id: int):
        if schema_id not in self._by_id:
            answer = self._get(f"/schemas/ids/{schema_id}")
            self._by_id[schema_id] = fastavro.parse_schema(json.loads(answer["schema"]))
        return self._by_id[schema_id]

    def _get(self, path: str) -> dict:
        with urllib.request.urlopen(self._url + path, timeout=10) as answer:
            return json.load(answer)


def encode(schema_id: int, schema, value: dict) -> bytes:
    body = io.BytesIO()
    fastavro.schemaless_writer(body, schema, value)
    return struct.pack(">bI", 0, schema_id) + body.getvalue()


def decode(registry: Registry, data: bytes) -> dict:
    magic, schema_id = struct.unpack(">bI", data[:5])
    if magic != 0:
        raise ValueError("this is not Confluent's wire format")
    return fastavro.schemaless_reader(io.BytesIO(data[5:]), registry.by_id(schema_id))
