"""Apache Kafka in KRaft mode: one node that is broker and controller.

`plain` listens on 19092 without security. `secure` listens on 19192 with TLS and SCRAM or PLAIN (SASL_SSL), on 19193
with SASL alone, and on 19194 without security for its super user; users `detente` (SCRAM) and `plain` (PLAIN) may do
everything, `stranger` (SCRAM) nothing; each one's password is the name and `-secret`.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.testbed import cache
from deploy.testbed.process import Process, StartError, port_is_open

VERSION: Final = "4.4.0"
HERE: Final = Path(__file__).parent
_HEAP: Final = "512m"
_READY: Final = 120.0
_USERS: Final = ("detente", "stranger")


@dataclass(frozen=True, slots=True)
class Kafka:
    """One broker. Its data survive `kill` and `down` without `wipe`."""

    secure: bool = False

    @property
    def name(self) -> str:
        """Name of its folder."""
        return "kafka-secure" if self.secure else "kafka"

    @property
    def port(self) -> int:
        """Of the listener without security."""
        return 19194 if self.secure else 19092

    @property
    def address(self) -> str:
        """For a client's `bootstrap_servers`."""
        return f"127.0.0.1:{self.port}"

    @property
    def sasl_address(self) -> str:
        """Of the listener with passwords but no encryption."""
        return "127.0.0.1:19193"

    @property
    def sasl_ssl_address(self) -> str:
        """Of the listener with passwords and encryption."""
        return "127.0.0.1:19192"

    @property
    def ca(self) -> Path:
        """The certificate that clients must trust."""
        return self._folder / "tls" / "ca.pem"

    @property
    def process(self) -> Process:
        """The broker."""
        return Process("broker", self._folder)

    @property
    def _folder(self) -> Path:
        return cache.run_folder(self.name)

    def up(self) -> None:
        """Fetch once, format once, start, wait until it takes requests."""
        if self.process.pid is not None:
            return
        if port_is_open(self.port):
            raise StartError(f"port {self.port} is taken by another process")
        jars = cache.artifact(f"kafka-{VERSION}", _fetch)
        self._folder.mkdir(parents=True, exist_ok=True)
        if self.secure and not self.ca.exists():
            _certificate(self.ca.parent)
        settings = self._folder / "server.properties"
        settings.write_text(self._settings(), encoding="utf-8")
        if not (self._folder / "data" / "meta.properties").exists():
            self._format(jars, settings)
        server_log = self._folder / "server.log"
        server_log.unlink(missing_ok=True)
        options = [f"-Xms{_HEAP}", f"-Xmx{_HEAP}", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError"]
        logging = [f"-Dkafka.logs.dir={self._folder}", f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}"]
        self.process.spawn([_java(), *options, *logging, "-cp", f"{jars}/*", "kafka.Kafka", str(settings)])
        self.process.wait(lambda: _holds(server_log, "Kafka Server started") and port_is_open(self.port), _READY)

    def down(self, *, wipe: bool = False) -> None:
        """Stop it; `wipe` removes its data."""
        self.process.stop()
        if wipe:
            shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.stop(kill=True)

    def _format(self, jars: Path, settings: Path) -> None:
        identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        users = [
            word
            for user in (_USERS if self.secure else ())
            for kind in (256, 512)
            for word in ("--add-scram", f"SCRAM-SHA-{kind}=[name={user},password={user}-secret]")
        ]
        tool = [_java(), "-Xmx128m", "-XX:TieredStopAtLevel=1"]
        tool += [f"-Dlog4j2.configurationFile={HERE / 'log4j2-tool.properties'}", "-cp", f"{jars}/*"]
        # An id that begins with a dash would be read as an option.
        format_ = ["kafka.tools.StorageTool", "format", "-t", identity.replace("-", "A")]
        done = subprocess.run(  # noqa: S603 - a command of this module
            [*tool, *format_, "-c", str(settings), "--standalone", *users],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode:
            raise StartError(f"Kafka's storage could not be formatted: {done.stdout}{done.stderr}")

    def _settings(self) -> str:
        controller = self.port + 1
        listeners = f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{controller}"
        if self.secure:
            listeners += f",SASL_PLAINTEXT://{self.sasl_address},SASL_SSL://{self.sasl_ssl_address}"
        lines = _COMMON.format(
            listeners=listeners, controller=f"127.0.0.1:{controller}", data=self._folder / "data"
        ).splitlines()
        if self.secure:
            lines += _SECURE.format(tls=self._folder / "tls").splitlines()
        return "\n".join(lines) + "\n"


_COMMON: Final = """\
process.roles=broker,controller
node.id=1
listeners={listeners}
advertised.listeners={listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers={controller}
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=6
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=6
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=3
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
"""
# A broker's default session of nine seconds makes it wait for its own ghost after it was killed.

_SECURE: Final = """\
sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_plain="plain-secret";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_plain="plain-secret";
ssl.keystore.type=PKCS12
ssl.keystore.location={tls}/server.p12
ssl.keystore.password=changeit
ssl.key.password=changeit
ssl.client.auth=none
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:detente;User:plain
allow.everyone.if.no.acl.found=false
"""  # noqa: E501 - a property is one line


def _fetch(into: Path) -> None:
    cache.maven(HERE / "pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={into}")


def _java() -> str:
    return str(cache.java_home(17) / "bin" / "java")


def _certificate(into: Path) -> None:
    """A self-signed certificate of localhost: server.p12 (password changeit) and ca.pem."""
    into.mkdir(parents=True, exist_ok=True)
    keytool = [str(cache.java_home(17) / "bin" / "keytool"), "-alias", "kafka"]
    keytool += ["-keystore", str(into / "server.p12"), "-storepass", "changeit"]
    made = ["-keyalg", "RSA", "-keysize", "2048", "-validity", "3650", "-dname", "CN=localhost"]
    made += ["-ext", "san=ip:127.0.0.1,dns:localhost", "-ext", "bc:c", "-storetype", "PKCS12"]
    cache.run([*keytool, "-genkeypair", *made], "Kafka's certificate")
    cache.run([*keytool, "-exportcert", "-rfc", "-file", str(into / "ca.pem")], "Kafka's certificate")


def _holds(path: Path, words: str) -> bool:
    try:
        return words in path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
