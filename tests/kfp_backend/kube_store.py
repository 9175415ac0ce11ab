"""The objects of a stand-in for the Kubernetes API: any kind, in memory, with versions and watches.

It keeps what Kubernetes' clients rely on: resource versions that only grow, conflicts, names made from
generateName, finalizers, label and field selectors, patches. It validates nothing and runs no controllers.
"""

from __future__ import annotations

import collections
import copy
import json
import queue
import random
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]
# Group ("" for core), resource (plural), namespace ("" for cluster-wide kinds), name.
Key = tuple[str, str, str, str]


class KubeError(Exception):
    """An answer other than 2xx: HTTP status, Kubernetes' reason, message."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message


def now() -> str:
    """The time as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class KubeStore:
    """Every object, and who watches which of them."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.version = 1
        self._objects: dict[Key, Object] = {}
        self._history: collections.deque[tuple[Key, Object]] = collections.deque(maxlen=50_000)
        self._watchers: list[tuple[str, str, str, queue.SimpleQueue[Object]]] = []

    def get(self, key: Key) -> Object:
        """One object (a copy)."""
        with self.lock:
            if key not in self._objects:
                raise KubeError(404, "NotFound", f'{key[1]} "{key[3]}" not found')
            return copy.deepcopy(self._objects[key])

    def select(self, group: str, resource: str, namespace: str, query: dict[str, str]) -> list[Object]:
        """The objects of a kind that fit labelSelector and fieldSelector; namespace "": all."""
        with self.lock:
            found = [
                o
                for (g, r, n, _), o in sorted(self._objects.items(), key=lambda item: item[0])
                if (g, r) == (group, resource) and namespace in ("", n) and selected(o, query)
            ]
            return copy.deepcopy(found)

    def create(self, key: Key, body: Object) -> Object:
        """Adds an object; a missing name is made from metadata.generateName."""
        group, resource, namespace, name = key
        with self.lock:
            meta = body.setdefault("metadata", {})
            if not name:
                suffix = "".join(random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
                name = meta.get("name") or meta.get("generateName", "") + suffix
            if (group, resource, namespace, name) in self._objects:
                raise KubeError(409, "AlreadyExists", f'{resource} "{name}" already exists')
            meta["name"] = name
            if namespace:
                meta["namespace"] = namespace
            meta.update(uid=str(uuid.uuid4()), creationTimestamp=now(), generation=1)
            return self._write("ADDED", (group, resource, namespace, name), body)

    def replace(self, key: Key, body: Object, subresource: str = "") -> Object:
        """Puts an object in another's place, if its resourceVersion is still that of the stored one."""
        with self.lock:
            old = self.get(key)
            sent = body.get("metadata", {}).get("resourceVersion")
            if sent and sent != old["metadata"]["resourceVersion"]:
                raise KubeError(409, "Conflict", f'{key[1]} "{key[3]}": the object has been modified')
            if subresource == "status":
                body = {**old, "status": body.get("status", {})}
            for field in ("uid", "creationTimestamp", "generation", "name", "namespace"):
                if field in old["metadata"]:
                    body["metadata"][field] = old["metadata"][field]
            if body.get("spec") != old.get("spec"):
                body["metadata"]["generation"] = old["metadata"].get("generation", 1) + 1
            if old["metadata"].get("deletionTimestamp"):
                body["metadata"].setdefault("deletionTimestamp", old["metadata"]["deletionTimestamp"])
                if not body["metadata"].get("finalizers"):
                    return self._remove(key, body)
            return self._write("MODIFIED", key, body)

    def patch(self, key: Key, patch: Any, kind: str, subresource: str = "") -> Object:
        """Changes an object by a JSON patch, a merge patch, or (as the latter) a strategic or apply patch."""
        with self.lock:
            body = self.get(key)
            if kind == "application/json-patch+json":
                for step in patch:
                    json_patch(body, step)
            else:
                merge(body, patch)
            return self.replace(key, body, subresource if "status" in body else "")

    def delete(self, key: Key, grace: bool = False) -> Object:
        """Removes an object, or marks it where a finalizer (or a running pod) keeps it."""
        with self.lock:
            body = self.get(key)
            if grace or body["metadata"].get("finalizers"):
                if not body["metadata"].get("deletionTimestamp"):
                    body["metadata"]["deletionTimestamp"] = now()
                    body = self._write("MODIFIED", key, body)
                return body
            return self._remove(key, body)

    def watch(
        self, group: str, resource: str, namespace: str, seconds: float, since: int | None
    ) -> Iterator[Object]:
        """What happens, as watch events: after a resource version, or (None) all there is and what follows.

        Ends after so many seconds; an empty object is a chance for the reader to find that nobody listens.
        """
        events: queue.SimpleQueue[Object] = queue.SimpleQueue()
        entry = (group, resource, namespace, events)
        with self.lock:
            if since is None:
                for body in self.select(group, resource, namespace, {}):
                    events.put({"type": "ADDED", "object": body})
                events.put(
                    {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(self.version)}}}
                )
            else:
                for key, event in self._history:
                    newer = int(event["object"]["metadata"]["resourceVersion"]) > since
                    if newer and key[:2] == (group, resource) and namespace in ("", key[2]):
                        events.put(event)
            self._watchers.append(entry)
        return self._follow(entry, seconds)

    def _follow(self, entry: Any, seconds: float) -> Iterator[Object]:
        end = datetime.now(UTC).timestamp() + seconds
        try:
            while datetime.now(UTC).timestamp() < end:
                try:
                    yield entry[3].get(timeout=1)
                except queue.Empty:
                    yield {}
        finally:
            with self.lock:
                self._watchers.remove(entry)

    def _write(self, event: str, key: Key, body: Object) -> Object:
        self.version += 1
        body["metadata"]["resourceVersion"] = str(self.version)
        before = self._objects.get(key)
        self._objects[key] = copy.deepcopy(body)
        self._tell(event, key, body, before)
        return copy.deepcopy(body)

    def _remove(self, key: Key, body: Object) -> Object:
        before = self._objects.pop(key)
        self.version += 1
        body["metadata"]["resourceVersion"] = str(self.version)
        self._tell("DELETED", key, body, before)
        return body

    def _tell(self, event: str, key: Key, body: Object, before: Object | None) -> None:
        told = {"type": event, "object": copy.deepcopy(body), "before": before}
        self._history.append((key, told))
        for group, resource, namespace, events in self._watchers:
            if (group, resource) == key[:2] and namespace in ("", key[2]):
                events.put(told)


def as_seen(event: Object, query: dict[str, str]) -> Object:
    """An event as somebody sees it who watches with selectors; empty if it is none of theirs.

    What no longer fits is gone to them, what fits for the first time is new: Argo's controller watches pods
    that it has not yet labelled as completed.
    """
    body, before = event["object"], event.get("before")
    fits, did = selected(body, query), before is not None and selected(before, query)
    if event["type"] == "DELETED" or not fits:
        return {"type": "DELETED", "object": body} if did else {}
    return {"type": "MODIFIED" if did else "ADDED", "object": body}


def selected(body: Object, query: dict[str, str]) -> bool:
    """Whether an object fits a request's selectors."""
    labels = body["metadata"].get("labels") or {}
    wanted = [_term(t, labels) for t in _terms(query.get("labelSelector", ""))]
    fields = [_term(t, _Fields(body)) for t in _terms(query.get("fieldSelector", ""))]
    return all(wanted) and all(fields)


class _Fields(dict[str, str]):
    def __init__(self, body: Object) -> None:
        super().__init__()
        for path in ("metadata.name", "metadata.namespace", "spec.nodeName", "status.phase"):
            value: Any = body
            for part in path.split("."):
                value = (value or {}).get(part)
            self[path] = value or ""


def _terms(selector: str) -> list[str]:
    terms, depth, current = [], 0, ""
    for character in selector:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            terms.append(current.strip())
            current = ""
        else:
            current += character
    return [t for t in [*terms, current.strip()] if t]


def _term(term: str, values: dict[str, str]) -> bool:
    for word in (" notin ", " in "):
        if word in term:
            name, listed = term.split(word)
            among = values.get(name.strip()) in [v.strip() for v in listed.strip(" ()").split(",")]
            return among == (word == " in ")
    if "!=" in term:
        name, value = term.split("!=")
        return values.get(name.strip()) != value.strip()
    if "=" in term:
        name, _, value = term.replace("==", "=").partition("=")
        return values.get(name.strip(), "") == value.strip()
    return term[1:] not in values if term.startswith("!") else term in values


def merge(body: Any, patch: Any) -> None:
    """RFC 7386."""
    for field, value in patch.items():
        if value is None:
            body.pop(field, None)
        elif isinstance(value, dict):
            if not isinstance(body.get(field), dict):
                body[field] = {}
            merge(body[field], value)
        else:
            body[field] = value


def json_patch(body: Any, step: Object) -> None:
    """One step of RFC 6902: add, replace, remove, test."""
    parts = [p.replace("~1", "/").replace("~0", "~") for p in step["path"].split("/")[1:]]
    for part in parts[:-1]:
        body = body[int(part)] if isinstance(body, list) else body[part]
    last: Any = parts[-1]
    if isinstance(body, list):
        last = len(body) if last == "-" else int(last)
    if step["op"] == "remove":
        del body[last]
    elif step["op"] == "test":
        if body[last] != step["value"]:
            raise KubeError(422, "Invalid", f"test failed: {json.dumps(step)}")
    elif step["op"] == "add" and isinstance(body, list):
        body.insert(last, step["value"])
    else:
        body[last] = step["value"]
