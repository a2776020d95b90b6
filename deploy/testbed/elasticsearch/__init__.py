"""Elasticsearch, one node, on the core server and the modules that an artifact index has of the same version.

`plain` listens on 19200. `secure` listens on 19201 with TLS and passwords: user `elastic`, password `elastic-secret`;
API keys are on. It runs as `nobody` when root starts it, since it refuses to run as root.
"""

from __future__ import annotations

import base64
import os
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.testbed import cache
from deploy.testbed.process import Process, StartError, port_is_open, tail

VERSION: Final = "9.4.3"
PASSWORD: Final = "elastic-secret"  # noqa: S105 - of a server that only loopback reaches
HERE: Final = Path(__file__).parent
_HEAP: Final = "512m"
_READY: Final = 300.0
_USER: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Elasticsearch:
    """One node. Its data survive `kill` and `down` without `wipe`."""

    secure: bool = False

    @property
    def name(self) -> str:
        """Name of its folder."""
        return "elasticsearch-secure" if self.secure else "elasticsearch"

    @property
    def port(self) -> int:
        """Of HTTP."""
        return 19201 if self.secure else 19200

    @property
    def address(self) -> str:
        """For a client's `hosts`."""
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"

    @property
    def ca(self) -> Path:
        """The certificate that clients must trust."""
        return self._folder / "conf" / "certs" / "ca.crt"

    @property
    def process(self) -> Process:
        """The node itself, not its launcher."""
        return Process("node", self._folder)

    @property
    def _folder(self) -> Path:
        return cache.run_folder(self.name)

    def up(self) -> None:
        """Fetch once, start, wait until the cluster is yellow."""
        if self.process.pid is not None:
            return
        if port_is_open(self.port):
            raise StartError(f"port {self.port} is taken by another process")
        home = cache.artifact(f"elasticsearch-{VERSION}", _fetch)
        conf = self._folder / "conf"
        for made in (conf / "jvm.options.d", self._folder / "data", self._folder / "logs", self._folder / "tmp"):
            made.mkdir(parents=True, exist_ok=True)
        self._configure(home, conf)
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self._folder / "tmp"),
            "LANG": "C.UTF-8",
            "ES_HOME": str(home),
            "ES_JAVA_HOME": str(cache.java_home(21)),
            "ES_PATH_CONF": str(conf),
            "ES_TMPDIR": str(self._folder / "tmp"),
        }
        user = _USER if os.geteuid() == 0 else ""
        if user:
            _give(self._folder, user)
        if self.secure and not (conf / "elasticsearch.keystore").exists():
            # The bootstrap password is that of user elastic.
            keystore = [str(home / "bin" / "elasticsearch-keystore"), "add", "-x", "-f", "bootstrap.password"]
            _as(user, keystore, env, self._folder, PASSWORD)
        noted = self._folder / "tmp" / "pid"
        _as(user, [str(home / "bin" / "elasticsearch"), "-d", "-p", str(noted)], env, self._folder)
        self.process.adopt(int(noted.read_text(encoding="ascii")))
        self.process.wait(self._is_ready, _READY)

    def down(self, *, wipe: bool = False) -> None:
        """Stop it; `wipe` removes its data."""
        self.process.stop()
        if wipe:
            shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.stop(kill=True)

    def _is_ready(self) -> bool:
        request = urllib.request.Request(  # noqa: S310 - an address of this class
            f"{self.address}/_cluster/health?wait_for_status=yellow&timeout=1s"
        )
        context = None
        if self.secure:
            word = base64.b64encode(f"elastic:{PASSWORD}".encode()).decode()
            request.add_header("Authorization", f"Basic {word}")
            context = ssl.create_default_context(cafile=str(self.ca))
        try:
            with urllib.request.urlopen(request, timeout=3, context=context) as answer:  # noqa: S310
                return bool(answer.status == 200)  # noqa: PLR2004
        except (OSError, urllib.error.URLError):
            return False

    def _configure(self, home: Path, conf: Path) -> None:
        for name in ("log4j2.properties", "roles.yml", "role_mapping.yml", "users", "users_roles"):
            if not (conf / name).exists():
                shutil.copy(home / "config" / name, conf / name)
        options = (home / "config" / "jvm.options").read_text(encoding="utf-8").splitlines()
        kept = [line for line in options if not line.startswith(("-Xlog:gc", "-XX:+HeapDump"))]
        (conf / "jvm.options").write_text("\n".join(kept).replace("file=gc.log", "file=/dev/null"), encoding="utf-8")
        (conf / "jvm.options.d" / "testbed.options").write_text(f"-Xms{_HEAP}\n-Xmx{_HEAP}\n", encoding="utf-8")
        lines = _SETTINGS.format(folder=self._folder, port=self.port, transport=self.port + 100)
        if self.secure:
            lines += _SECURE
            _certificates(conf / "certs")
        else:
            lines += "xpack.security.enabled: false\n"
        (conf / "elasticsearch.yml").write_text(lines, encoding="utf-8")


_SETTINGS: Final = """\
cluster.name: testbed
node.name: n1
path.data: {folder}/data
path.logs: {folder}/logs
network.host: 127.0.0.1
http.port: {port}
transport.port: {transport}
discovery.type: single-node
action.auto_create_index: "false"
"""

_SECURE: Final = """\
xpack.security.enabled: true
xpack.security.transport.ssl.enabled: false
xpack.security.authc.api_key.enabled: true
xpack.security.http.ssl.enabled: true
xpack.security.http.ssl.key: certs/node.key
xpack.security.http.ssl.certificate: certs/node.crt
xpack.security.http.ssl.certificate_authorities: [certs/ca.crt]
"""


def _fetch(into: Path) -> None:
    """The core server, and the modules of the same version out of another product's distribution."""
    cache.maven(HERE / "pom.xml", "process-resources", f"-Des.version={VERSION}", f"-Dtestbed.out={into}")
    server = into / f"elasticsearch-{VERSION}"
    (donor,) = into.glob("sonarqube-*/elasticsearch/modules")
    for module in sorted(donor.iterdir()):
        shutil.move(module, server / "modules" / module.name)
    for part in sorted(server.iterdir()):
        shutil.move(part, into / part.name)
    for rest in (server, into / "markers", donor.parents[1]):
        shutil.rmtree(rest, ignore_errors=True)
    for fetched in ("org/sonarsource", "org/elasticsearch"):
        # More than a gigabyte that nobody needs again.
        shutil.rmtree(cache.repository() / fetched, ignore_errors=True)


def _certificates(into: Path) -> None:
    """A certificate authority and a certificate of localhost."""
    if (into / "node.crt").exists():
        return
    into.mkdir(parents=True, exist_ok=True)
    (into / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1", encoding="ascii")

    def openssl(*words: str) -> None:
        paths = [str(into / word) if word.startswith(("ca.", "node.", "san")) else word for word in words]
        cache.run(["openssl", *paths], "Elasticsearch's certificates")

    extensions = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign,cRLSign")
    new = ("-newkey", "rsa:2048", "-nodes", "-subj")
    openssl("req", "-x509", *new, "/CN=testbed-ca", "-days", "3650", *extensions, "-keyout", "ca.key", "-out", "ca.crt")
    openssl("req", *new, "/CN=localhost", "-keyout", "node.key", "-out", "node.csr")
    signed = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650", "-extfile", "san")
    openssl("x509", "-req", "-in", "node.csr", *signed, "-out", "node.crt")


def _give(folder: Path, user: str) -> None:
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user)


def _as(user: str, command: list[str], env: dict[str, str], folder: Path, given: str = "") -> None:
    """Run to its end as that user; what it says goes to start.log. StartError when it fails."""
    import pwd

    log = folder / "start.log"
    with log.open("ab") as output:
        done = subprocess.run(  # noqa: S603 - commands of this module
            command,
            check=False,
            input=given.encode(),
            stdout=output,
            stderr=output,
            env=env,
            cwd=folder,
            timeout=_READY,
            user=user or None,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
        )
    if done.returncode:
        raise StartError(f"{command[0]} failed:\n{tail(log)}")
