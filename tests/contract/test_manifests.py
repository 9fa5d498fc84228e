"""The manifests, as kubectl renders them: schema, policy, settings; and the policy, by breaking what it guards."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from fancam import telemetry
from fancam.channel import DEADLINE_S
from fancam.settings import MeshSettings, Settings
from tests.contract.policy import (
    CALLS,
    SERVICES,
    Document,
    Peer,
    environment,
    faults,
    get,
    leaves,
    of_kind,
    quantity,
    workloads,
)

ROOT = Path(__file__).resolve().parents[2]
MESHES = ["overlays/cpu", "overlays/gpu"]
PRESSES = ["jobs/press/cpu", "jobs/press/gpu"]
RENDERED = [*MESHES, "overlays/speech", "overlays/observed", *PRESSES]
OLDEST, NEWEST = "1.34", kubernetes_validate.latest_version()
"""Kubernetes versions the manifests are checked against; docs/operations.md promises the oldest."""

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same, an order of magnitude faster where PyYAML was built with libyaml."""

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


@cache
def text(folder: str) -> str:
    """An overlay or a job as YAML, rendered without any server."""
    done = subprocess.run(
        ["kubectl", "kustomize", ROOT / "k8s" / folder], check=False, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def parsed(folder: str) -> list[Document]:
    """The documents of an overlay or a job, shared: not to be changed."""
    return [document for document in yaml.load_all(text(folder), Loader=LOADER) if document]


def render(folder: str) -> list[Document]:
    """The documents of an overlay or a job, a fresh copy each time."""
    return copy.deepcopy(parsed(folder))


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("folder", RENDERED)
def test_every_document_obeys_its_schema(folder: str, version: str) -> None:
    """Strictly: a misspelt or unknown field is a failure, in the oldest version we support and in the newest."""
    for document in render(folder):
        kubernetes_validate.validate(document, version, strict=True)


def test_the_schema_check_sees_a_misspelt_field() -> None:
    """The check above can fail."""
    broken = next(document for document in render("overlays/cpu") if document["kind"] == "Deployment")
    broken["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["periodSecond"] = 1

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, NEWEST, strict=True)


@pytest.mark.parametrize("folder", RENDERED)
def test_every_manifest_keeps_the_policy(folder: str) -> None:
    """Probes, limits, budgets, spread, drain, identities, file systems, network: nothing is amiss."""
    assert faults(render(folder)) == []


POD = ("spec", "template", "spec")
BOX = (*POD, "containers", 0)
GUARDED: list[tuple[str | int, ...]] = [
    ("spec", "minReadySeconds"),
    ("spec", "strategy"),
    (*POD, "automountServiceAccountToken"),
    (*POD, "enableServiceLinks"),
    (*POD, "hostUsers"),
    (*POD, "priorityClassName"),
    (*POD, "securityContext", "fsGroup"),
    (*POD, "securityContext", "runAsGroup"),
    (*POD, "securityContext", "runAsNonRoot"),
    (*POD, "securityContext", "runAsUser"),
    (*POD, "securityContext", "seccompProfile"),
    (*POD, "serviceAccountName"),
    (*POD, "terminationGracePeriodSeconds"),
    (*POD, "topologySpreadConstraints", 0),
    (*POD, "topologySpreadConstraints", 1),
    (*POD, "volumes", 0, "emptyDir", "medium"),
    (*POD, "volumes", 0, "emptyDir", "sizeLimit"),
    (*BOX, "lifecycle", "preStop"),
    (*BOX, "livenessProbe"),
    (*BOX, "livenessProbe", "grpc", "service"),
    (*BOX, "livenessProbe", "timeoutSeconds"),
    (*BOX, "readinessProbe"),
    (*BOX, "resources", "limits", "cpu"),
    (*BOX, "resources", "limits", "ephemeral-storage"),
    (*BOX, "resources", "limits", "memory"),
    (*BOX, "resources", "limits", "nvidia.com/gpu"),
    (*BOX, "resources", "requests", "cpu"),
    (*BOX, "resources", "requests", "memory"),
    (*BOX, "securityContext", "allowPrivilegeEscalation"),
    (*BOX, "securityContext", "capabilities"),
    (*BOX, "securityContext", "readOnlyRootFilesystem"),
    (*BOX, "startupProbe"),
    (*POD, "affinity"),
    (*POD, "tolerations"),
]
"""Fields whose loss must be noticed in every workload that has them."""


def delete(document: Document, path: tuple[str | int, ...]) -> None:
    """Delete one field."""
    del get(document, *path[:-1])[path[-1]]


@pytest.mark.parametrize("path", GUARDED, ids=lambda path: ".".join(map(str, path)))
def test_the_loss_of_a_safety_field_is_noticed(path: tuple[str | int, ...]) -> None:
    """Deleting any guarded field of any one workload, in any overlay or job, makes the policy complain."""
    tried = 0
    for folder in RENDERED:
        sound = parsed(folder)
        for number, document in enumerate(sound):
            if get(document, *path) is None or document not in workloads(sound):
                continue
            broken = [*sound[:number], copy.deepcopy(document), *sound[number + 1 :]]
            delete(broken[number], path)
            tried += 1
            assert faults(broken), f"{folder}: {document['kind']} {document['metadata']['name']} lost {path} unnoticed"
    assert tried > 0, "no workload has this field"


@pytest.mark.parametrize(
    "kind", ["PodDisruptionBudget", "NetworkPolicy", "Service", "ServiceAccount", "PriorityClass", "ConfigMap"]
)
@pytest.mark.parametrize("folder", MESHES)
def test_the_loss_of_a_whole_document_is_noticed(folder: str, kind: str) -> None:
    """Every single document of these kinds is needed by something the policy says."""
    sound = render(folder)
    assert of_kind(sound, kind)
    for document in of_kind(sound, kind):
        left = [other for other in sound if other != document]
        assert faults(left), f"{kind} {document['metadata']['name']} is gone unnoticed"


def each(change: Callable[[dict[str, Any], dict[str, Any]], None]) -> Callable[[list[Document]], None]:
    """A change of pod and container, applied to the renderer."""

    def apply(documents: list[Document]) -> None:
        pod = next(d for d in workloads(documents) if d["metadata"]["name"] == "renderer")["spec"]["template"]["spec"]
        change(pod, pod["containers"][0])

    return apply


def named(documents: list[Document], kind: str, name: str) -> Document:
    """One document."""
    return next(d for d in documents if d["kind"] == kind and d["metadata"]["name"] == name)


def on_a_disk(documents: list[Document], workload: str, volume: str) -> None:
    """Take a volume of a workload out of memory."""
    found = next(each for each in workloads(documents) if each["metadata"]["name"] == workload)
    next(each for each in found["spec"]["template"]["spec"]["volumes"] if each["name"] == volume)["emptyDir"] = {}


def artifacts(documents: list[Document]) -> Document:
    """The settings of the artifact store."""
    return next(d for d in of_kind(documents, "ConfigMap") if d["metadata"]["name"].startswith("artifacts"))


WEAKENED: dict[str, Callable[[list[Document]], None]] = {
    "host network": each(lambda pod, box: pod.update(hostNetwork=True)),
    "host processes": each(lambda pod, box: pod.update(hostPID=True)),
    "root": each(lambda pod, box: pod["securityContext"].update(runAsUser=0)),
    "unconfined": each(lambda pod, box: pod["securityContext"]["seccompProfile"].update(type="Unconfined")),
    "privileged": each(lambda pod, box: box["securityContext"].update(privileged=True)),
    "a capability": each(lambda pod, box: box["securityContext"]["capabilities"].update(add=["SYS_ADMIN"])),
    "latest": each(lambda pod, box: box.update(image="fancam/renderer:latest")),
    "no tag": each(lambda pod, box: box.update(image="fancam/renderer")),
    "a host path": each(lambda pod, box: pod["volumes"].append({"name": "h", "hostPath": {"path": "/"}})),
    "uploads on a disk": lambda documents: on_a_disk(documents, "gateway", "uploads"),
    "voices on a disk": lambda documents: on_a_disk(documents, "audio", "voices"),
    "copies without a bound": lambda docs: artifacts(docs)["data"].pop("FANCAM_ARTIFACTS_CACHE_GIB"),
    "copies that outgrow a volume": lambda docs: artifacts(docs)["data"].update(FANCAM_ARTIFACTS_CACHE_GIB="5"),
    "volumes that outgrow the disk": each(
        lambda pod, box: box["resources"]["limits"].update({"ephemeral-storage": "5Gi"})
    ),
    "a second container": each(lambda pod, box: pod["containers"].append(copy.deepcopy(box))),
    "a request above its limit": each(lambda pod, box: box["resources"]["requests"].update(memory="64Gi")),
    "a short drain": each(lambda pod, box: pod.update(terminationGracePeriodSeconds=60)),
    "a short preStop": each(lambda pod, box: box["lifecycle"]["preStop"]["sleep"].update(seconds=1)),
    "liveness by dependency": each(lambda pod, box: box["livenessProbe"]["grpc"].update(service="")),
    "a wrong port": each(lambda pod, box: box["readinessProbe"]["grpc"].update(port=7101)),
    "an impatient start": each(lambda pod, box: box["startupProbe"].update(failureThreshold=3)),
    "huge memory volumes": each(lambda pod, box: pod["volumes"][0]["emptyDir"].update(sizeLimit="8Gi")),
    "a mount of nothing": each(lambda pod, box: box["volumeMounts"].append({"name": "no", "mountPath": "/x"})),
    "an H100": each(
        lambda pod, box: pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
            "nodeSelectorTerms"
        ][0]["matchExpressions"][0]["values"].append("NVIDIA-H100-80GB-HBM3")
    ),
    "software GL on a GPU": each(
        lambda pod, box: box["env"].remove({"name": "FANCAM_RENDERER_GL", "value": "hardware"})
    ),
    "a GPU with little CPU": each(lambda pod, box: box["resources"]["requests"].update(cpu="1")),
    "an open namespace": lambda docs: named(docs, "Namespace", "fancam")["metadata"]["labels"].clear(),
    "a token": lambda docs: named(docs, "ServiceAccount", "fancam").update(automountServiceAccountToken=True),
    "a cluster address": lambda docs: named(docs, "Service", "renderer")["spec"].pop("clusterIP"),
    "a budget of none": lambda docs: named(docs, "PodDisruptionBudget", "renderer")["spec"].update(maxUnavailable=0),
    "a stuck drain": lambda docs: named(docs, "PodDisruptionBudget", "audio")["spec"].pop("unhealthyPodEvictionPolicy"),
    "ingress from anywhere": lambda docs: named(docs, "NetworkPolicy", "renderer-answers")["spec"]["ingress"][0].pop(
        "from"
    ),
    "egress to anywhere": lambda docs: named(docs, "NetworkPolicy", "assembler-calls")["spec"]["egress"].append({}),
    "one more caller": lambda docs: named(docs, "NetworkPolicy", "audio-answers")["spec"]["ingress"][0]["from"].append(
        {"podSelector": {}}
    ),
    "metadata of the node": lambda docs: named(docs, "NetworkPolicy", "reach-bucket")["spec"]["egress"][0]["to"][0][
        "ipBlock"
    ].pop("except"),
    "a press that preempts": lambda docs: named(docs, "PriorityClass", "fancam-press").pop("preemptionPolicy"),
    "a press above films": lambda docs: named(docs, "PriorityClass", "fancam-press").update(value=2000),
}


@pytest.mark.parametrize("weakness", WEAKENED)
def test_a_weakened_manifest_is_noticed(weakness: str) -> None:
    """Changing a field for the worse is seen as well as losing it."""
    documents = render("overlays/gpu")
    WEAKENED[weakness](documents)

    assert faults(documents)


def test_recipes_that_would_fill_the_volume_are_noticed() -> None:
    """On one machine the store is a volume: without a bound that fits it, films would one day stop with it full."""
    documents = render("overlays/cpu")
    artifacts(documents)["data"].pop("FANCAM_ARTIFACTS_RECIPES_GIB")

    assert {fault.partition(": ")[2] for fault in faults(documents)} == {"what is drawn for recipes may fill the store"}


def test_a_collector_that_nobody_reaches_is_noticed() -> None:
    """An endpoint alone is not enough where every way out has to be said."""
    documents = [
        document for document in render("overlays/observed") if document["metadata"]["name"] != "reach-collector"
    ]

    found = {fault.rpartition("not ")[2] for fault in faults(documents)}
    assert found == {"reach its collector"}


def test_alerts_ask_for_metrics_that_are_told_and_say_what_to_do() -> None:
    """Every name in an alert is one that telemetry has, and every alert has a paragraph in the handbook."""
    [group] = yaml.safe_load((ROOT / "k8s/overlays/observed/alerts.yaml").read_text())["groups"]
    told = {
        *(f"{prometheus(telemetry.CALL_DURATION)}_seconds_{part}" for part in ("bucket", "count", "sum")),
        *map(prometheus, (telemetry.SLOTS, telemetry.SLOTS_TAKEN)),
    }
    handbook = (ROOT / "docs" / "operations.md").read_text()
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^### (.+)$", handbook, re.MULTILINE)}

    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"])
    for rule in group["rules"]:
        asked = set(re.findall(r"\b(?:rpc_server|fancam_slots)\w*", rule["expr"]))
        assert asked, rule["alert"]
        assert asked <= told, rule["alert"]
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert page == "docs/operations.md"
        assert anchor in headings, rule["alert"]


def prometheus(name: str) -> str:
    """A metric's name as Prometheus writes it."""
    return name.replace(".", "_")


def test_every_variable_in_the_manifests_is_a_setting_that_parses() -> None:
    """A misspelt variable would stop a pod on the cluster; here it stops this test."""
    seen: set[str] = set()
    for folder in RENDERED:
        documents = render(folder)
        for workload in workloads(documents):
            variables = environment(workload["spec"]["template"]["spec"]["containers"][0], documents)
            seen |= set(variables)
            for group in Settings.__subclasses__():
                group.load({name: value for name, value in variables.items() if value})
    prefixes = tuple(group.prefix for group in Settings.__subclasses__())
    assert seen
    assert not [name for name in seen if not name.startswith(prefixes)]


def test_the_mesh_listens_where_the_settings_say() -> None:
    """Targets in the ConfigMap, ports of the Services and the defaults on one machine are the same numbers."""
    documents = render("overlays/cpu")
    variables = environment(workloads(documents)[0]["spec"]["template"]["spec"]["containers"][0], documents)
    for name, port in SERVICES.items():
        assert variables[f"FANCAM_MESH_{name.upper()}"] == f"dns:///{name}:{port}"
        assert getattr(MeshSettings(), name) == f"127.0.0.1:{port}"


def test_a_drain_is_as_long_as_the_longest_film_step() -> None:
    """A step that a fan waits for is never cut by a roll-out; only a press may be, and it is repeated for nothing."""
    steps = {
        "recognition": ["Recognise"],
        "audio": ["ModerateName", "Sing"],
        "renderer": ["RenderPass", "RenderStills"],
        "compositor": ["Compose"],
        "assembler": ["Assemble"],
    }
    for folder in MESHES:
        documents = render(folder)
        for workload in workloads(documents):
            name = workload["metadata"]["name"]
            if name not in steps:
                continue
            variables = environment(workload["spec"]["template"]["spec"]["containers"][0], documents)
            assert float(variables["FANCAM_SERVER_DRAIN_GRACE_S"]) >= max(DEADLINE_S[step] for step in steps[name])


def test_overlays_differ_where_they_must() -> None:
    """CPU: one writer of SQLite, no GPU. GPU: several gateways behind secrets that must exist."""
    cpu, gpu = render("overlays/cpu"), render("overlays/gpu")

    assert named(cpu, "StatefulSet", "gateway")["spec"]["replicas"] == 1
    assert "nvidia" not in text("overlays/cpu")
    gateway = named(gpu, "StatefulSet", "gateway")
    assert gateway["spec"]["replicas"] >= 2
    box = gateway["spec"]["template"]["spec"]["containers"][0]
    secrets = {item["name"]: get(item, "valueFrom", "secretKeyRef", "optional") for item in box["env"]}
    assert secrets["FANCAM_GATEWAY_DATABASE"] is False
    assert secrets["FANCAM_GATEWAY_SECRET"] is False
    assert {get(item, "valueFrom", "fieldRef", "fieldPath") for item in box["env"]} >= {"metadata.name"}


def test_a_press_works_where_its_mesh_does() -> None:
    """The job's store, assembler and door are those of the overlay that it belongs to."""
    for mesh, press in zip(MESHES, PRESSES, strict=True):
        documents, job = render(mesh), render(press)
        [pod] = [workload["spec"]["template"]["spec"] for workload in workloads(job)]
        theirs = environment(
            named(documents, "Deployment", "assembler")["spec"]["template"]["spec"]["containers"][0], documents
        )
        ours = environment(pod["containers"][0], job)
        for variable in ("FANCAM_ARTIFACTS_URL", "FANCAM_MESH_ASSEMBLER", "FANCAM_MESH_REST"):
            assert ours[variable] == theirs[variable]
        assert pod["containers"][0]["command"][:2] == ["fancam", "press"]
        assert (
            pod["containers"][0]["image"]
            == (named(documents, "StatefulSet", "gateway")["spec"]["template"]["spec"]["containers"][0]["image"])
        )


def test_no_secret_is_written_down() -> None:
    """Manifests refer to Secrets and hold none."""
    for folder in RENDERED:
        assert of_kind(render(folder), "Secret") == []
        assert not re.search(
            r"(?i)(password|aws_secret\w*|token):\s*\S", text(folder).replace("automountServiceAccountToken", "")
        )


def test_quantities_are_read_as_kubernetes_reads_them() -> None:
    """The policy compares numbers, not texts."""
    assert quantity("500m") == 0.5
    assert quantity("1Gi") == 2**30
    assert quantity(2) == 2
    with pytest.raises(ValueError, match="many"):
        quantity("many")


def test_the_network_evaluator_knows_an_open_pod() -> None:
    """Without any policy everybody reaches everybody: the wanted calls are not there by chance."""
    assert leaves([], Peer("press"), Peer("audio"), SERVICES["audio"])
    assert ("press", "audio") not in CALLS
