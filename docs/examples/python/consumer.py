"""Reads next best actions as a contact center does, and reports which ones were shown.

usage: python consumer.py BROKERS REGISTRY
"""

import signal
import sys
from datetime import datetime, timezone

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

brokers, registry_url = sys.argv[1:]
registry = SchemaRegistryClient({"url": registry_url})
decode = AvroDeserializer(registry)  # by the writer's schema, looked up by the id in the record
outcome_schema = registry.get_latest_version("action-outcomes-value").schema.schema_str
encode = AvroSerializer(registry, outcome_schema, conf={"auto.register.schemas": False, "use.latest.version": True})

consumer = Consumer({
    "bootstrap.servers": brokers,
    "group.id": "desk-python",
    "isolation.level": "read_committed",  # never see what was rolled back
    "auto.offset.reset": "earliest",      # the first start misses nothing; what is old has expired
    "enable.auto.commit": False,          # commit what has been dealt with, not what was fetched
})
producer = Producer({"bootstrap.servers": brokers})
seen = set()  # decision ids; a real desk forgets them when they expire


def take(record):
    nba = decode(record.value(), SerializationContext(record.topic(), MessageField.VALUE))
    if nba["decision_id"] in seen:
        return  # sent again: attune in at-least-once mode, or our own restart
    seen.add(nba["decision_id"])
    contact = nba["contact_ref"] or "-"
    if nba["supersedes"]:
        print("withdraw", contact, nba["supersedes"], flush=True)
    if nba["cancelled"] or nba["expires_at"] < datetime.now(timezone.utc):
        return
    action = nba["action"]
    reasons = ", ".join(f"{r['code']} {r['p']:.2f}" for r in nba["reasons"])
    print("show", contact, action["id"], action["treatment"], f"[{reasons}]", nba["brief"], flush=True)
    report(nba, "shown")


def report(nba, outcome):
    """Tells attune what became of a decision. The event id is made of the decision's: sent twice, it counts once."""
    value = {
        "event_id": f"desk-python/{nba['decision_id']}-{outcome}",
        "decision_id": nba["decision_id"],
        "person_ref": nba["person_ref"],
        "occurred_at": datetime.now(timezone.utc),
        "outcome": outcome,
        "action": nba["action"]["id"],
        "reason": "",
    }
    context = SerializationContext("action-outcomes", MessageField.VALUE)
    producer.produce("action-outcomes", value=encode(value, context))


running = True


def end(*_):
    global running
    running = False


signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, end)
consumer.subscribe(["next-best-actions"])
try:
    while running:
        record = consumer.poll(1.0)
        if record is None:
            continue
        if record.error():
            raise RuntimeError(record.error())
        take(record)
        producer.flush()
        consumer.commit(record, asynchronous=False)
finally:
    consumer.close()
