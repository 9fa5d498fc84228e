"""Durable workflows: the only module that knows DBOS.

A task's workflow does its one call, keeps the outcome, and starts the tasks that can start because of it. Workflows are
named by session, task and version of the inputs, so that two tasks that end at once start a third one only once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Protocol

from dbos import DBOS, DBOSConfig, SetWorkflowID

# Fixed on purpose: DBOS recovers only workflows of its own version, and by default that is a hash of the source, so a
# deploy would strand every film in flight. Raise it only when the new code could not go on with a running workflow.
APPLICATION_VERSION = "1"

THREADS = 32
"""For everything that blocks: writes of workflows and reads of the store."""


class Performer(Protocol):
    """Does what the workflows say. Every method may be repeated after a crash."""

    async def perform(self, session: str, task_id: str, version: str) -> str:
        """Do one task; says how it ended."""
        ...

    async def startable(self, session: str) -> list[tuple[str, str]]:
        """Tasks that can start, with the version of their inputs."""
        ...

    async def sweep(self, session: str) -> None:
        """Delete what is left of an erased session."""
        ...


# DBOS knows workflows by name and calls them after a restart, so they are functions of the module; who performs them is
# put here when the process starts.
_PERFORMING: list[Performer] = []


@DBOS.step(name="perform")
async def _perform(session: str, task: str, version: str) -> str:
    return await _PERFORMING[0].perform(session, task, version)


@DBOS.step(name="startable")
async def _startable(session: str) -> list[tuple[str, str]]:
    return await _PERFORMING[0].startable(session)


@DBOS.workflow(name="film")
async def film(session: str, task: str, version: str) -> str:
    """Do one task of a film, then start what became possible."""
    outcome = await _perform(session, task, version)
    if outcome in {"done", "failed"}:
        for next_task, next_version in await _startable(session):
            await start(session, next_task, next_version)
    return outcome


@DBOS.step(name="sweep")
async def _sweep(session: str) -> str:
    await _PERFORMING[0].sweep(session)
    return "swept"


@DBOS.workflow(name="sweep")
async def sweep_again(session: str) -> str:
    """Sweep an erased session twice more: a service may still have been writing."""
    for pause_s in (3.0, 30.0):
        await DBOS.sleep_async(pause_s)
        await _sweep(session)
    return "swept"


async def start(session: str, task: str, version: str) -> None:
    """Start a task's workflow; starting it again changes nothing."""
    with SetWorkflowID(f"film:{session}:{task}:{version}"):
        await DBOS.start_workflow_async(film, session, task, version)


async def start_sweep(session: str) -> None:
    """Start the later sweeps of an erased session."""
    with SetWorkflowID(f"sweep:{session}"):
        await DBOS.start_workflow_async(sweep_again, session)


async def take_up(executor: str) -> None:
    """Go on with the unfinished workflows of a replica that died."""
    # Private, and still the only way in without DBOS's hosted conductor.
    await asyncio.to_thread(DBOS._recover_pending_workflows, [executor])


async def forget(session: str) -> None:
    """Delete the records of a session's workflows."""
    await asyncio.to_thread(_forget, f"film:{session}:")


def _forget(prefix: str) -> None:
    workflows = [status.workflow_id for status in DBOS.list_workflows(workflow_id_prefix=prefix, load_input=False)]
    if workflows:
        DBOS.delete_workflows(workflows)


@asynccontextmanager
async def performed(database: str, executor: str, performer: Performer) -> AsyncIterator[None]:
    """Durable workflows in the same database; this replica's unfinished ones go on at once."""
    _PERFORMING[:] = [performer]
    config: DBOSConfig = {
        "name": "fancam",
        "system_database_url": database,
        "application_version": APPLICATION_VERSION,
        "executor_id": executor,
        "log_level": "WARNING",
        "max_executor_threads": THREADS,
    }
    DBOS(config=config)
    # From within the loop on purpose: DBOS then runs workflows on this loop, where the channels live.
    DBOS.launch()
    try:
        yield
    finally:
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=0)
        # DBOS made its pool the loop's default one and has shut it down.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        _PERFORMING.clear()
