"""The event log on Apache Kafka."""

from connectors.log.kafka.connection import KafkaSettings
from connectors.log.kafka.log import KafkaLog

__all__ = ["KafkaLog", "KafkaSettings"]
