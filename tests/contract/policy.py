"""What every rendered manifest must hold. Knows YAML documents, no cluster: faults are sentences, none means sound."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]

SERVICES = {
    "recognition": 7101,
    "audio": 7102,
    "renderer": 7103,
    "compositor": 7104,
    "assembler": 7105,
    "gateway": 7106,
}
CHROME = {"renderer", "compositor"}
REST = 7100

CALLS = {
    *(("gateway", name) for name in SERVICES if name != "gateway"),
    ("assembler", "audio"),
    ("assembler", "renderer"),
    ("assembler", "compositor"),
    ("press", "assembler"),
}
"""Who may call whom over gRPC, and nobody else."""

PRESTOP_MIN_S = 3
"""Shorter, and clients may still be sent to a pod that has begun to refuse."""

MOST_COPIES = 0.5
"""Share of its volume that a bound on copies may be: what was asked for within the hour stays, even over the bound."""

MOST_RECIPES = 0.75
"""Share of a store on a volume that recipes may take: pressings and sessions need the rest."""

NVENC_LESS = ("A100", "H100", "H200")
"""GPUs without the video encoder."""


def quantity(text: str | float) -> float:
    """A Kubernetes quantity as a number: `500m` is 0.5, `1Gi` is 2**30."""
    match = re.fullmatch(r"([0-9.]+)(m|k|M|G|Ki|Mi|Gi)?", str(text))
    if match is None:
        raise ValueError(f"{text!r} is not a quantity")
    scale = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, None: 1}
    return float(match[1]) * scale[match[2]]


def of_kind(documents: Sequence[Document], *kinds: str) -> list[Document]:
    """The documents of these kinds."""
    return [document for document in documents if document["kind"] in kinds]


def workloads(documents: Sequence[Document]) -> list[Document]:
    """Everything that runs pods."""
    return of_kind(documents, "Deployment", "StatefulSet", "Job", "DaemonSet", "CronJob", "Pod", "ReplicaSet")


def get(value: Any, *path: str | int) -> Any:
    """What lies at a path, or None."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def faults(documents: Sequence[Document]) -> list[str]:
    """Everything that is wrong with a rendered overlay or job, one sentence each."""
    found = [*_pods(documents), *_disks(documents)]
    if of_kind(documents, "Namespace"):
        found += [*_mesh(documents), *_network(documents), *_surroundings(documents)]
    return found


def _pods(documents: Sequence[Document]) -> Iterator[str]:
    """What holds for every pod, Jobs included."""
    for workload in workloads(documents):
        name = f"{workload['kind']} {workload['metadata']['name']}"
        pod = get(workload, "spec", "template", "spec") or {}
        wanted_of_pod = {
            ("automountServiceAccountToken",): False,
            ("enableServiceLinks",): False,
            ("serviceAccountName",): "fancam",
            ("securityContext", "runAsNonRoot"): True,
            ("securityContext", "seccompProfile", "type"): "RuntimeDefault",
            ("hostNetwork",): None,
            ("hostPID",): None,
            ("hostIPC",): None,
        }
        for path, wanted in wanted_of_pod.items():
            if get(pod, *path) != wanted:
                yield f"{name}: {'.'.join(path)} is {get(pod, *path)!r}, not {wanted!r}"
        for identity in ("runAsUser", "runAsGroup", "fsGroup"):
            if not (get(pod, "securityContext", identity) or 0) > 0:
                yield f"{name}: securityContext.{identity} is not an ordinary user's"
        if not pod.get("priorityClassName"):
            yield f"{name}: no priority"
        if pod.get("terminationGracePeriodSeconds") is None:
            yield f"{name}: no terminationGracePeriodSeconds"
        for volume in pod.get("volumes", []):
            yield from _volume(name, volume)
        containers = [*pod.get("containers", []), *pod.get("initContainers", [])]
        if len(pod.get("containers", [])) != 1:
            yield f"{name}: one pod, one process"
        for container in containers:
            yield from _container(f"{name}, {container['name']}", container, pod)


def _volume(name: str, volume: Mapping[str, Any]) -> Iterator[str]:
    kinds = set(volume) - {"name"}
    if not kinds <= {"emptyDir", "persistentVolumeClaim", "configMap", "secret"}:
        yield f"{name}: volume {volume['name']} is of kind {kinds}"
    if "emptyDir" in kinds and not get(volume, "emptyDir", "sizeLimit"):
        yield f"{name}: volume {volume['name']} can fill the node"


def _container(name: str, container: Mapping[str, Any], pod: Mapping[str, Any]) -> Iterator[str]:
    wanted_of_container = {
        ("securityContext", "allowPrivilegeEscalation"): False,
        ("securityContext", "readOnlyRootFilesystem"): True,
        ("securityContext", "capabilities", "drop"): ["ALL"],
        ("securityContext", "capabilities", "add"): None,
        ("securityContext", "privileged"): None,
    }
    for path, wanted in wanted_of_container.items():
        if get(container, *path) != wanted:
            yield f"{name}: {'.'.join(path)} is {get(container, *path)!r}, not {wanted!r}"
    image = container.get("image", "")
    if not re.search(r"(:(?!latest$)[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})$", image):
        yield f"{name}: image {image!r} is not pinned"
    requests, limits = (get(container, "resources", kind) or {} for kind in ("requests", "limits"))
    for resource in ("cpu", "memory", "ephemeral-storage"):
        if resource not in requests or resource not in limits:
            yield f"{name}: {resource} needs a request and a limit"
        elif quantity(requests[resource]) > quantity(limits[resource]):
            yield f"{name}: {resource} asks for more than its limit"
    memory_bytes = quantity(limits.get("memory", 0))
    in_memory = [volume for volume in pod.get("volumes", []) if get(volume, "emptyDir", "medium") == "Memory"]
    if sum(quantity(volume["emptyDir"].get("sizeLimit", 0)) for volume in in_memory) > memory_bytes / 2:
        yield f"{name}: volumes in memory may take more than half of its memory"
    mounts = {mount["mountPath"]: mount["name"] for mount in container.get("volumeMounts", [])}
    if "/tmp" not in mounts:
        yield f"{name}: nothing can be written to /tmp"
    declared = {volume["name"] for volume in pod.get("volumes", [])}
    if not set(mounts.values()) <= declared:
        yield f"{name}: mounts {set(mounts.values()) - declared} which no volume is"


def _disks(documents: Sequence[Document]) -> Iterator[str]:
    """What a service may keep fits where it is kept: a volume that is over its size costs the pod its life."""
    claims = {claim["metadata"]["name"]: claim for claim in of_kind(documents, "PersistentVolumeClaim")}
    for workload in workloads(documents):
        pod, name = get(workload, "spec", "template", "spec") or {}, workload["metadata"]["name"]
        volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
        empty = [volume["emptyDir"] for volume in volumes.values() if "emptyDir" in volume]
        on_disk = sum(quantity(each.get("sizeLimit", 0)) for each in empty if each.get("medium") != "Memory")
        for container in pod.get("containers", []):
            if on_disk >= quantity(get(container, "resources", "limits", "ephemeral-storage") or 0):
                yield f"{name}: its volumes on disk may take more than the disk it is given"
            mounts = {mount["mountPath"]: volumes.get(mount["name"], {}) for mount in container.get("volumeMounts", [])}
            variables = environment(container, documents)
            copies = _mounted(mounts, variables.get("FANCAM_ARTIFACTS_CACHE", ""))
            if _gib(variables, "CACHE") > quantity(get(copies, "emptyDir", "sizeLimit") or 0) * MOST_COPIES:
                yield f"{name}: its copies of artifacts may outgrow their volume"
            store = _mounted(mounts, variables.get("FANCAM_ARTIFACTS_URL", "").removeprefix("file://"))
            claim = claims.get(get(store, "persistentVolumeClaim", "claimName") or "")
            room = quantity(get(claim, "spec", "resources", "requests", "storage") or 0)
            if claim and _gib(variables, "RECIPES") > room * MOST_RECIPES:
                yield f"{name}: what is drawn for recipes may fill the store"


def _gib(variables: Mapping[str, str], what: str) -> float:
    """Bytes that a bound of the artifact store allows; without one, any number."""
    return float(variables.get(f"FANCAM_ARTIFACTS_{what}_GIB", "inf")) * 2**30


def _mounted(mounts: Mapping[str, Mapping[str, Any]], folder: str) -> Mapping[str, Any]:
    """The volume that a folder lies in; empty when it lies in none."""
    above = [path for path in mounts if f"{folder}/".startswith(f"{path}/")]
    return mounts[max(above, key=len)] if above else {}


def _mesh(documents: Sequence[Document]) -> Iterator[str]:
    """What holds for every service of the mesh."""
    found = {workload["metadata"]["name"]: workload for workload in workloads(documents)}
    if set(found) != set(SERVICES):
        yield f"the mesh is {sorted(SERVICES)}, not {sorted(found)}"
    classes = {document["metadata"]["name"]: document["value"] for document in of_kind(documents, "PriorityClass")}
    for name, workload in found.items():
        spec, pod = workload["spec"], workload["spec"]["template"]["spec"]
        container, port = pod["containers"][0], SERVICES.get(name, 0)
        selector = {"app.kubernetes.io/name": name}
        if get(spec, "selector", "matchLabels") != selector or not (
            selector.items() <= (get(spec, "template", "metadata", "labels") or {}).items()
        ):
            yield f"{name}: its pods are not its own"
        if not classes.get(pod.get("priorityClassName", ""), 0) > max(0, classes.get("fancam-press", 0)):
            yield f"{name}: a fan waits for it, so its priority must exist and be above the press's"
        if not spec.get("minReadySeconds"):
            yield f"{name}: minReadySeconds lets a roll-out outrun its clients"
        yield from _probes(name, container, port)
        yield from _drain(name, pod, container, documents)
        yield from _spread(name, pod, selector)
        if workload["kind"] == "Deployment":
            rolling = get(spec, "strategy", "rollingUpdate") or {}
            if sorted([rolling.get("maxUnavailable"), rolling.get("maxSurge")], key=str) != [0, 1]:
                yield f"{name}: a roll-out replaces one pod at a time"
        yield from _memory_only(name, pod, container)
        if name in CHROME:
            yield from _chrome(name, pod, container)
        yield from _gpu(name, pod, container)
        yield from _found(name, selector, port, documents)


def _chrome(name: str, pod: Mapping[str, Any], container: Mapping[str, Any]) -> Iterator[str]:
    if pod.get("hostUsers") is not False:
        yield f"{name}: Chrome without its sandbox needs a user namespace"
    mount = next((m for m in container["volumeMounts"] if m["mountPath"] == "/dev/shm"), None)
    volume = next((v for v in pod["volumes"] if mount and v["name"] == mount["name"]), None)
    if get(volume, "emptyDir", "medium") != "Memory":
        yield f"{name}: Chrome needs /dev/shm of its own, in memory"


def _found(name: str, selector: Mapping[str, str], port: int, documents: Sequence[Document]) -> Iterator[str]:
    """Others find it by a headless Service, and drains leave all but one of it."""
    services = [service for service in of_kind(documents, "Service") if service["metadata"]["name"] == name]
    if [
        (get(s, "spec", "clusterIP"), get(s, "spec", "selector"), get(s, "spec", "ports", 0, "port")) for s in services
    ] != [("None", selector, port)]:
        yield f"{name}: needs one headless Service on {port}"
    budgets = [
        budget
        for budget in of_kind(documents, "PodDisruptionBudget")
        if get(budget, "spec", "selector", "matchLabels") == selector
    ]
    if [get(b, "spec", "maxUnavailable") for b in budgets] != [1]:
        yield f"{name}: needs one disruption budget that lets one pod go"
    if any(get(b, "spec", "unhealthyPodEvictionPolicy") != "AlwaysAllow" for b in budgets):
        yield f"{name}: a pod that cannot start would hold a drain back"


def _probes(name: str, container: Mapping[str, Any], port: int) -> Iterator[str]:
    for probe, service in [("startupProbe", None), ("readinessProbe", None), ("livenessProbe", "live")]:
        if get(container, probe, "grpc", "port") != port:
            yield f"{name}: no {probe} over gRPC on {port}"
        if (get(container, probe, "grpc", "service") or None) != service:
            yield f"{name}: {probe} asks {get(container, probe, 'grpc', 'service')!r}, not {service!r}"
        for setting in ("periodSeconds", "timeoutSeconds", "failureThreshold"):
            if not get(container, probe, setting):
                yield f"{name}: {probe}.{setting} is left to chance"
    startup = container.get("startupProbe", {})
    if startup.get("periodSeconds", 0) * startup.get("failureThreshold", 0) < 120:
        yield f"{name}: two minutes are needed to start on a cold node"


def _drain(
    name: str, pod: Mapping[str, Any], container: Mapping[str, Any], documents: Sequence[Document]
) -> Iterator[str]:
    """The parts of a drain add up: notice to endpoints, notice to clients, calls in flight, closing."""
    prestop_s = get(container, "lifecycle", "preStop", "sleep", "seconds") or 0
    if prestop_s < PRESTOP_MIN_S:
        yield f"{name}: preStop must sleep at least {PRESTOP_MIN_S} s"
    variables = environment(container, documents)
    parts = [variables.get(f"FANCAM_SERVER_DRAIN_{part}_S") for part in ("NOTICE", "GRACE")]
    if None in parts:
        yield f"{name}: how it drains is not said"
    elif (pod.get("terminationGracePeriodSeconds") or 0) < prestop_s + sum(float(str(part)) for part in parts) + 5:
        yield f"{name}: it is killed before it has drained"


def _spread(name: str, pod: Mapping[str, Any], selector: Mapping[str, str]) -> Iterator[str]:
    spread = {
        constraint["topologyKey"]: constraint
        for constraint in pod.get("topologySpreadConstraints", [])
        if get(constraint, "labelSelector", "matchLabels") == selector and constraint.get("maxSkew") == 1
    }
    if set(spread) != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
        yield f"{name}: its pods are not spread over zones and nodes"


_FANS = {"audio": ("/var/cache/fancam/audio",), "gateway": ("/var/cache/fancam/uploads",)}
"""Folders beside /tmp through which faces and voices pass."""


def _memory_only(name: str, pod: Mapping[str, Any], container: Mapping[str, Any]) -> Iterator[str]:
    """Where faces and voices pass lies in memory."""
    for folder in ("/tmp", *_FANS.get(name, ())):
        mount = next((m for m in container.get("volumeMounts", []) if m["mountPath"] == folder), None)
        volume = next((v for v in pod.get("volumes", []) if mount and v["name"] == mount["name"]), None)
        if get(volume, "emptyDir", "medium") != "Memory":
            yield f"{name}: {folder} would put faces and voices on a disk"


def _gpu(name: str, pod: Mapping[str, Any], container: Mapping[str, Any]) -> Iterator[str]:
    limits, requests = (get(container, "resources", kind) or {} for kind in ("limits", "requests"))
    variables = {item["name"]: item.get("value", "") for item in container.get("env", [])}
    hardware = any(key.endswith("_GL") and text == "hardware" for key, text in variables.items())
    has_gpu = "nvidia.com/gpu" in limits or "nvidia.com/gpu" in requests
    if hardware != has_gpu:
        yield f"{name}: a GPU and the refusal to do without belong together"
    if not has_gpu:
        return
    if limits != requests:
        yield f"{name}: with a GPU requests must equal limits"
    if not {"graphics", "video"} <= set(variables.get("NVIDIA_DRIVER_CAPABILITIES", "").split(",")):
        yield f"{name}: without `graphics` and `video` the driver gives neither WebGL nor NVENC"
    if not any(toleration.get("key") == "nvidia.com/gpu" for toleration in pod.get("tolerations", [])):
        yield f"{name}: does not tolerate GPU nodes"
    terms = get(
        pod,
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "nodeSelectorTerms",
    )
    products = [
        product
        for term in terms or []
        for expression in term["matchExpressions"]
        if expression["key"] == "nvidia.com/gpu.product"
        for product in expression["values"]
    ]
    if not products or any(less in product for less in NVENC_LESS for product in products):
        yield f"{name}: must name the GPUs it wants, all with NVENC"
    if {f"{product}-SHARED" for product in products if not product.endswith("-SHARED")} - set(products):
        yield f"{name}: a time-sliced GPU has another name"


def environment(container: Mapping[str, Any], documents: Sequence[Document]) -> dict[str, str]:
    """Every FANCAM variable a container gets; `` for what a Secret or a field holds."""
    maps = {document["metadata"]["name"]: document for document in of_kind(documents, "ConfigMap")}
    variables: dict[str, str] = {}
    for source in container.get("envFrom", []):
        variables |= get(maps.get(get(source, "configMapRef", "name") or ""), "data") or {}
    variables |= {item["name"]: item.get("value", "") for item in container.get("env", [])}
    return {key: text for key, text in variables.items() if key.startswith("FANCAM_")}


def _surroundings(documents: Sequence[Document]) -> Iterator[str]:
    """Namespace, accounts and references."""
    for namespace in of_kind(documents, "Namespace"):
        if get(namespace, "metadata", "labels", "pod-security.kubernetes.io/enforce") != "restricted":
            yield "the namespace admits unrestricted pods"
    for account in of_kind(documents, "ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            yield "the service account hands out a token"
    maps = {document["metadata"]["name"] for document in of_kind(documents, "ConfigMap")}
    for workload in workloads(documents):
        for container in workload["spec"]["template"]["spec"]["containers"]:
            named = {get(source, "configMapRef", "name") for source in container.get("envFrom", [])} - {None}
            if not named <= maps:
                yield f"{workload['metadata']['name']}: settings {named - maps} do not exist"
            if "FANCAM_ARTIFACTS_CACHE" not in environment(container, documents):
                yield f"{workload['metadata']['name']}: has nowhere to keep copies"
    if get(next(iter(of_kind(documents, "ServiceAccount")), {}), "metadata", "name") != "fancam":
        yield "the pods' service account does not exist"
    doors = [service for service in of_kind(documents, "Service") if service["metadata"]["name"] == "gateway-rest"]
    if [get(door, "spec", "ports", 0, "targetPort") for door in doors] != ["rest"]:
        yield "fans have no Service to come in by"
    presses = [
        document for document in of_kind(documents, "PriorityClass") if document["metadata"]["name"].endswith("press")
    ]
    if [press.get("preemptionPolicy") for press in presses] != ["Never"]:
        yield "a press may push films aside"


@dataclass(frozen=True)
class Peer:
    """A pod as network policies see it; `name` is its label."""

    name: str
    ours: bool = True


STRANGER = Peer("stranger", ours=False)
"""A pod of another namespace, or somebody outside."""


def _network(documents: Sequence[Document]) -> Iterator[str]:
    """Policies are evaluated, not read: exactly the wanted calls get out, and exactly the wanted calls get in."""
    policies = of_kind(documents, "NetworkPolicy")
    pods = [Peer(name) for name in (*SERVICES, "press", "scaler", "anything-else")]
    for target, port in SERVICES.items():
        for source in pods:
            wanted = (source.name, target) in CALLS
            if leaves(policies, source, Peer(target), port) != wanted:
                yield f"network: a call of {source.name} to {target} {'does not get' if wanted else 'gets'} out"
            wanted = wanted or (source.name, target) == ("scaler", "gateway")
            if admits(policies, source, Peer(target), port) != wanted:
                yield f"network: {target} {'does not let' if wanted else 'lets'} {source.name} in"
        if admits(policies, STRANGER, Peer(target), port):
            yield f"network: the outside reaches the gRPC of {target}"
        if admits(policies, STRANGER, Peer(target), REST) != (target == "gateway"):
            yield f"network: fans reach the gateway and nothing else, see {target}"
    for source in pods:
        if leaves(policies, source, Peer("gateway"), REST) != (source.name == "press"):
            yield f"network: {source.name} and the gateway's REST: only a press registers what it made"
    if admits(policies, STRANGER, Peer("anything-else"), REST):
        yield "network: a pod that nobody wrote a rule for is open"
    for workload in workloads(documents):
        yield from _ways_out(workload, policies, documents)


def _ways_out(workload: Document, policies: Sequence[Document], documents: Sequence[Document]) -> Iterator[str]:
    """Names, bucket and database are reached where they are used; the node's metadata never."""
    name = workload["metadata"]["name"]
    rules = [
        rule for policy in _selecting(policies, Peer(name), "Egress") for rule in get(policy, "spec", "egress") or []
    ]
    if not any(
        get(peer, "podSelector", "matchLabels", "k8s-app") == "kube-dns" and _ports(rule) == {53}
        for rule in rules
        for peer in rule.get("to", [])
    ):
        yield f"network: {name} cannot resolve names"
    if any(not rule.get("to") or not rule.get("ports") for rule in rules):
        yield f"network: {name} may leave for anywhere"
    blocks = {
        port: peer["ipBlock"]
        for rule in rules
        for peer in rule.get("to", [])
        if "ipBlock" in peer
        for port in _ports(rule)
    }
    if any(
        block["cidr"] == "0.0.0.0/0" and "169.254.0.0/16" not in block.get("except", []) for block in blocks.values()
    ):
        yield f"network: {name} reaches the node's metadata"
    container = workload["spec"]["template"]["spec"]["containers"][0]
    if environment(container, documents).get("FANCAM_ARTIFACTS_URL", "").startswith("s3://") and 443 not in blocks:
        yield f"network: {name} does not reach its bucket"
    collector = environment(container, documents).get("FANCAM_SERVER_OTLP_ENDPOINT", "")
    if collector and int(collector.rpartition(":")[2]) not in set().union(*map(_ports, rules)):
        yield f"network: {name} does not reach its collector"
    database = [item for item in container.get("env", []) if item["name"] == "FANCAM_GATEWAY_DATABASE"]
    if any(get(item, "valueFrom", "secretKeyRef", "optional") is False for item in database) and 5432 not in blocks:
        yield f"network: {name} does not reach its database"


def _ports(rule: Mapping[str, Any]) -> set[int]:
    return {port.get("port") for port in rule.get("ports") or []}


def leaves(policies: Sequence[Document], source: Peer, target: Peer, port: int) -> bool:
    """Whether `source` may open a connection to `target`."""
    return _allowed(_selecting(policies, source, "Egress"), "egress", "to", target, port)


def admits(policies: Sequence[Document], source: Peer, target: Peer, port: int) -> bool:
    """Whether `target` lets `source` in."""
    return _allowed(_selecting(policies, target, "Ingress"), "ingress", "from", source, port)


def _selecting(policies: Sequence[Document], pod: Peer, direction: str) -> list[Document]:
    return [
        policy
        for policy in policies
        if direction in (get(policy, "spec", "policyTypes") or []) and _selects(get(policy, "spec", "podSelector"), pod)
    ]


def _selects(selector: Mapping[str, Any] | None, pod: Peer) -> bool:
    labels = {"app.kubernetes.io/name": pod.name, "app.kubernetes.io/part-of": "fancam"}
    return pod.ours and (get(selector, "matchLabels") or {}).items() <= labels.items()


def _allowed(policies: Sequence[Document], rules: str, peers: str, other: Peer, port: int) -> bool:
    if not policies:
        return True  # a pod that no policy selects is open
    for policy in policies:
        for rule in get(policy, "spec", rules) or []:
            ports = [entry.get("port") for entry in rule.get("ports") or []]
            if ports and port not in ports:
                continue
            listed = rule.get(peers)
            if not listed:
                return True
            for peer in listed:
                if "namespaceSelector" in peer:
                    if not peer["namespaceSelector"]:
                        return True
                elif "podSelector" in peer and _selects(peer["podSelector"], other):
                    return True
    return False
